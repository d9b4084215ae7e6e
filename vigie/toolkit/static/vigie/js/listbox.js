// Type to find: the combobox of forms and the command palette. The server answers a list of role=option.
import { enhance, on, post } from './dom.js';

let count = 0;
function wire(input, list, url, choose, { open = () => {}, close = () => {} } = {}) {
  let timer, flight, at = -1;
  const options = () => [...list.querySelectorAll('[role=option]:not([aria-disabled])')];
  const mark = (to) => {
    const all = options();
    at = all.length ? (to + all.length) % all.length : -1;
    all.forEach((option, n) => { option.id ||= `option-${++count}`; option.setAttribute('aria-selected', n === at); });
    at < 0 ? input.removeAttribute('aria-activedescendant') : input.setAttribute('aria-activedescendant', all[at].id);
    all[at]?.scrollIntoView({ block: 'nearest' });
  };
  const load = async () => {
    flight?.abort();
    flight = new AbortController();
    const address = new URL(url, location.href);
    address.searchParams.set('q', input.value);
    address.searchParams.set('from', location.pathname);
    try {
      const answer = await fetch(address, { signal: flight.signal, credentials: 'same-origin', headers: { 'HX-Request': 'true' } });
      if (!answer.ok) return;
      list.innerHTML = await answer.text();
      open();
      mark(0);
    } catch (error) { if (error.name !== 'AbortError') close(); }
  };
  input.addEventListener('input', () => { clearTimeout(timer); timer = setTimeout(load, 150); });
  input.addEventListener('keydown', (event) => {
    if (event.key === 'ArrowDown' || event.key === 'ArrowUp') {
      event.preventDefault();
      list.hidden || !options().length ? load() : mark(at + (event.key === 'ArrowDown' ? 1 : -1));
    } else if (event.key === 'Enter' && !list.hidden && options()[at]) {
      event.preventDefault();
      choose(options()[at], event);
    } else if (event.key === 'Escape' && !list.hidden && close() === true) event.stopPropagation();
  });
  list.addEventListener('mousedown', (event) => event.preventDefault());
  list.addEventListener('click', (event) => {
    const option = event.target.closest('[role=option]:not([aria-disabled])');
    if (option) choose(option, event);
  });
  return load;
}

enhance('[data-combo]', (box) => {
  const input = box.querySelector('[role=combobox]');
  const hidden = box.querySelector('input[type=hidden]');
  const list = box.querySelector('[role=listbox]');
  const close = () => { list.hidden = true; input.setAttribute('aria-expanded', 'false'); input.removeAttribute('aria-activedescendant'); return true; };
  let shown = input.value;
  const choose = (option) => {
    hidden.value = option.dataset.value;
    shown = input.value = option.querySelector('.clip').textContent.trim();
    close();
    hidden.dispatchEvent(new Event('change', { bubbles: true }));
  };
  const load = wire(input, list, box.dataset.url, choose, { close, open: () => { list.hidden = false; input.setAttribute('aria-expanded', 'true'); } });
  input.addEventListener('click', () => { if (list.hidden) load(); });
  input.addEventListener('blur', () => {
    close();
    if (!input.value.trim()) { if (hidden.value) { hidden.value = ''; hidden.dispatchEvent(new Event('change', { bubbles: true })); } shown = ''; } else input.value = shown;
  });
});

// A part that is replaced under the hand keeps the words that are being typed in its combobox.
let typing = null;
document.addEventListener('htmx:before:swap', () => {
  const input = document.activeElement;
  typing = input?.matches('[role=combobox][id]') && input.value ? input : null;
});
document.addEventListener('htmx:after:swap', () => requestAnimationFrame(() => {
  const input = typing && !typing.isConnected && document.getElementById(typing.id);
  if (input && !input.value) {
    input.value = typing.value;
    input.focus();
    input.dispatchEvent(new Event('input', { bubbles: true }));
  }
  typing = null;
}));

// The palette
const palette = document.getElementById('palette');
const address = document.body.dataset.paletteUrl;
if (palette && address) {
  const input = palette.querySelector('input');
  const load = wire(input, palette.querySelector('[role=listbox]'), address, async (option, event) => {
    const { href, method } = option.dataset;
    if (!href) return;
    if (method === 'post') {
      const answer = await post(href, {});
      location.assign(answer.redirected ? answer.url : location.href);
    } else if (event.ctrlKey || event.metaKey) window.open(href, '_blank', 'noopener');
    else location.assign(href);
    palette.close();
  });
  const show = () => { if (!palette.open) { palette.showModal(); input.select(); load(); } };
  on('click', '[data-palette-open]', (event) => { if (!event.ctrlKey && !event.metaKey) { event.preventDefault(); show(); } });
  document.addEventListener('keydown', (event) => {
    if ((event.ctrlKey || event.metaKey) && !event.shiftKey && event.key.toLowerCase() === 'k' && !event.target.closest?.('trix-editor')) { event.preventDefault(); show(); }
  });
}
