// What the other modules share: words from the server, the token, messages, elements that arrive later.
const meta = (name) => document.querySelector(`meta[name="${name}"]`)?.content ?? '';
const words = JSON.parse(meta('vigie-texts') || '{}');

// Signing in again, in another tab too, renews the token: the cookie holds the present one.
export const csrf = () => /(?:^|; )(?:__Host-)?csrf=([^;]+)/.exec(document.cookie)?.[1] ?? meta('csrf-token');

export function text(name, values = {}) {
  return (words[name] ?? name).replace(/\{(\w+)\}/g, (all, key) => values[key] ?? all);
}

// Runs fn once for every element that matches, now and later (htmx swaps, dialogs).
const watched = [];
export function enhance(selector, fn) {
  const seen = new WeakSet();
  const run = (root) => {
    const found = [...(root.querySelectorAll?.(selector) ?? [])];
    if (root.matches?.(selector)) found.unshift(root);
    for (const el of found) if (!seen.has(el)) { seen.add(el); fn(el); }
  };
  watched.push(run);
  run(document);
}
new MutationObserver((changes) => {
  for (const change of changes) for (const node of change.addedNodes) if (node.nodeType === 1) for (const run of watched) run(node);
}).observe(document.documentElement, { childList: true, subtree: true });

export function on(type, selector, fn, options) {
  document.addEventListener(type, (event) => {
    const el = event.target.closest?.(selector);
    if (el) fn(event, el);
  }, options);
}

// Bytes that one file may weigh, and how that is said.
export const uploadLimit = () => Number(document.body.dataset.uploadMax || 0);
export const weight = (bytes) => `${Math.floor(bytes / 1048576)} ${text('MB')}`;

export function say(message, tone = 'late') {
  const box = document.getElementById('toasts');
  if (!box) return;
  const toast = document.createElement('div');
  toast.className = `toast toast--${tone}`;
  toast.dataset.toast = tone === 'ok' ? 'fade' : 'keep';
  toast.append(Object.assign(document.createElement('div'), { textContent: message }));
  const close = Object.assign(document.createElement('button'), { type: 'button', className: 'btn btn--quiet btn--icon btn--small push', textContent: '✕' });
  close.setAttribute('aria-label', text('close'));
  close.dataset.dismiss = '';
  toast.append(close);
  box.append(toast);
}

export function post(url, fields, extra = {}) {
  const body = fields instanceof FormData ? fields : new URLSearchParams(fields);
  return fetch(url, { method: 'POST', body, credentials: 'same-origin', headers: { 'X-CSRFToken': csrf(), 'X-Requested-With': 'fetch' }, ...extra });
}

export function identifier() {
  return crypto.randomUUID?.() ?? [...crypto.getRandomValues(new Uint8Array(16))].map((n) => n.toString(16).padStart(2, '0')).join('');
}

export const writing = (el) => !!el?.closest?.('input:not([type=checkbox], [type=radio], [type=button], [type=submit]), textarea, select, [contenteditable], trix-editor');
