// Dialogs, confirmation, menus, messages, theme.
import { enhance, on, post } from './dom.js';

on('click', '[data-opens]', (event, el) => {
  const dialog = document.getElementById(el.dataset.opens);
  if (dialog && !dialog.open) { event.preventDefault(); el.closest('details[data-menu]')?.removeAttribute('open'); dialog.showModal(); }
});
on('click', '[data-closes]', (event, el) => el.closest('dialog')?.close());
// What answers an act taken outside its dialog, a refusal or a question, is shown in it.
enhance('dialog:not([open]) [data-answers]', (el) => el.closest('dialog').showModal());
on('mousedown', 'dialog', (event, dialog) => {
  if (event.target !== dialog) return;
  const box = dialog.getBoundingClientRect();
  const inside = event.clientX >= box.left && event.clientX <= box.right && event.clientY >= box.top && event.clientY <= box.bottom;
  if (!inside && dialog.id !== 'confirm') dialog.close();
});

// data-confirm="Question?" data-confirm-text="What will happen" data-confirm-yes="Delete", on a button, a link or a form.
export function ask(data, question) {
  const dialog = document.getElementById('confirm');
  if (!dialog) return Promise.resolve(window.confirm(question));
  dialog.querySelector('[data-confirm-title]').textContent = question;
  const more = dialog.querySelector('[data-confirm-text]');
  more.textContent = data.confirmText ?? '';
  more.hidden = !data.confirmText;
  const yes = dialog.querySelector('[data-confirm-yes]');
  yes.dataset.word ??= yes.textContent;
  yes.textContent = data.confirmYes ?? yes.dataset.word;
  dialog.returnValue = '';
  dialog.showModal();
  return new Promise((done) => dialog.addEventListener('close', () => done(dialog.returnValue === 'yes'), { once: true }));
}

const agreed = new WeakSet();
function confirmFirst(type, selector, again) {
  on(type, selector, async (event, el) => {
    if (agreed.has(el)) { agreed.delete(el); return; }
    event.preventDefault();
    event.stopImmediatePropagation();
    const { submitter } = event;
    if (await ask(el.dataset, el.dataset.confirm)) { agreed.add(el); again(el, submitter); }
  }, true);
}
confirmFirst('click', 'a[data-confirm], button[data-confirm]', (el) => el.click());
confirmFirst('submit', 'form[data-confirm]', (el, submitter) => el.requestSubmit(submitter));

// Menus are <details data-menu>: open without script; with it, arrows, Esc, one at a time.
const openMenus = () => document.querySelectorAll('details[data-menu][open]');
document.addEventListener('click', (event) => {
  for (const menu of openMenus()) if (!menu.contains(event.target) || event.target.closest('.menu__item')) menu.open = false;
});
document.addEventListener('focusin', (event) => {
  for (const menu of openMenus()) if (!menu.contains(event.target)) menu.open = false;
});
on('keydown', 'details[data-menu]', (event, menu) => {
  const items = [...menu.querySelectorAll('.menu__item')];
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (event.key === 'Escape' && menu.open) {
    event.preventDefault();
    menu.open = false;
    menu.querySelector('summary').focus();
  } else if (step && items.length) {
    event.preventDefault();
    if (!menu.open) menu.open = true;
    const at = items.indexOf(document.activeElement);
    items[at < 0 ? (step > 0 ? 0 : items.length - 1) : (at + step + items.length) % items.length].focus();
  }
});

on('click', '[data-dismiss]', (event, el) => el.closest('.toast, .banner')?.remove());
enhance('[data-toast=fade]', (toast) => {
  let timer;
  const leave = () => { timer = setTimeout(() => toast.remove(), 6000); };
  for (const type of ['mouseenter', 'focusin']) toast.addEventListener(type, () => clearTimeout(timer));
  for (const type of ['mouseleave', 'focusout']) toast.addEventListener(type, leave);
  leave();
});

// What is cut short says the whole when pointed at.
on('pointerover', '.clip, a.cell', (event, el) => {
  if (!el.title && el.scrollWidth > el.clientWidth && !el.closest('[title]')) el.title = el.textContent.trim();
});

// A table's head sticks right under a page's head, however many lines that takes.
enhance('.head--stick', (head) => new ResizeObserver(() => head.parentElement?.style.setProperty('--head', `${head.offsetHeight}px`)).observe(head));

// The theme changes at once; the server remembers it and writes data-theme in the next page, so nothing flashes.
on('submit', '[data-theme-form]', async (event, form) => {
  event.preventDefault();
  const theme = event.submitter.value;
  document.documentElement.toggleAttribute('data-theme', false);
  if (theme !== 'system') document.documentElement.dataset.theme = theme;
  for (const item of form.querySelectorAll('[name=theme]')) item.value === theme ? item.setAttribute('aria-pressed', 'true') : item.removeAttribute('aria-pressed');
  const fields = new FormData(form);
  fields.set('theme', theme);
  await post(form.action, fields).catch(() => {});
});
