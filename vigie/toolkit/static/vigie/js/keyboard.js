// Single keys, never while typing. A person can switch them off: <body data-keys="off"> (WCAG 2.1.4).
import { on, writing } from './dom.js';

let go = false;
const rows = () => [...document.querySelectorAll('[data-rows] [data-row]')].filter((row) => row.offsetParent !== null);
const here = () => document.querySelector('[data-row].is-here');

function move(step) {
  const all = rows();
  if (!all.length) return;
  const at = all.indexOf(here());
  const row = all[at < 0 ? 0 : Math.max(0, Math.min(all.length - 1, at + step))];
  for (const other of all) other.classList.toggle('is-here', other === row);
  row.tabIndex = -1;
  row.focus({ preventScroll: true });
  row.scrollIntoView({ block: 'nearest' });
  row.dispatchEvent(new CustomEvent('preview', { bubbles: true })); // a row with hx-get and hx-trigger="preview" shows itself below
}

function write(kind) {
  const form = document.querySelector('[data-composer]');
  if (!form) return false;
  const choice = form.querySelector(`[name=kind][value=${kind}]`);
  if (!choice) return false;
  choice.checked = true;
  choice.dispatchEvent(new Event('change', { bubbles: true }));
  form.scrollIntoView({ block: 'nearest' });
  (form.querySelector('trix-editor') ?? form.querySelector('textarea')).focus();
  return true;
}

// In a list: open the ticket of this row, ready to write.
function compose(kind) {
  const row = here();
  if (!row?.dataset.href) return false;
  location.assign(`${row.dataset.href}?write=${kind}#composer`);
  return true;
}

function press(key) {
  const target = [...document.querySelectorAll(`[data-key="${CSS.escape(key)}"]`)].find((el) => !el.disabled && (el.offsetParent !== null || el.closest('details[data-menu]')));
  target?.click();
  return !!target;
}

const actions = {
  j: () => move(1),
  k: () => move(-1),
  o: () => { const row = here(); if (!row) return false; row.querySelector('a.cell')?.click() ?? location.assign(row.dataset.href); },
  Enter: () => (document.activeElement?.matches?.('[data-row]') ? actions.o() : false),
  // Without a selection the row one is on is the selection.
  a: () => { const box = here()?.querySelector('[data-pick]'); if (box && !document.querySelector('[data-pick]:checked')) box.click(); return press('a'); },
  x: () => here()?.querySelector('[data-pick]')?.click() ?? false,
  r: () => write('reply') || compose('reply'),
  n: () => write('note') || compose('note'),
  '/': () => { const field = document.querySelector('[data-search]'); if (field) field.focus(); else document.querySelector('[data-palette-open]')?.click(); },
  '?': () => { const sheet = document.getElementById('keys'); if (sheet && !sheet.open) sheet.showModal(); },
};

document.addEventListener('keydown', (event) => {
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
  if (document.body.dataset.keys === 'off' || writing(event.target) || document.querySelector('dialog[open]')) return;
  if (go) {
    go = false;
    const target = document.querySelector(`[data-go="${CSS.escape(event.key)}"]`);
    if (target) { event.preventDefault(); location.assign(target.dataset.href); }
    return;
  }
  if (event.key === 'g') { go = true; setTimeout(() => { go = false; }, 1200); return; }
  const done = Object.hasOwn(actions, event.key) ? actions[event.key]() : false;
  if (done !== false || (event.key.length === 1 && press(event.key))) event.preventDefault();
});

on('focusin', '[data-row]', (event, row) => { if (event.target === row) for (const other of rows()) other.classList.toggle('is-here', other === row); });

// Ctrl Enter sends what is being written.
on('keydown', '[data-composer], form[data-send]', (event, form) => {
  if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) { event.preventDefault(); form.requestSubmit(); }
});

// A list sent us here to write (r or n on a row).
const asked = new URLSearchParams(location.search).get('write');
if (asked === 'reply' || asked === 'note') setTimeout(() => write(asked), 400);
