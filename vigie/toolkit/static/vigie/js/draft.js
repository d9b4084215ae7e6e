// Nothing typed is lost. <form data-draft-url>: saved on the server 0.8 s after the last key, on leaving a field, on leaving the page.
// <form data-presence-url>: tells the others that someone is writing, at most every 5 s.
import { csrf, enhance, on, post, say, text, weight } from './dom.js';

const skipped = new Set(['csrfmiddlewaretoken', 'submission', 'written_by']);

enhance('form[data-draft-url]', (form) => {
  const url = form.dataset.draftUrl;
  const spot = form.querySelector('[data-draft-state]');
  const shelf = `draft:${url}`; // this tab only, and only when the server could not keep it
  let timer, saved, sent = false, told;
  // Several windows may write one draft: each says which version it knows, and hears when another one was quicker.
  const versions = JSON.parse(form.dataset.draftVersions ?? 'null');
  const self = `${Date.now().toString(36)}-${Math.random().toString(36).slice(2)}`;
  const other = form.querySelector('[data-draft-other]');
  let settles = false, offered;

  const fields = () => {
    const data = new FormData();
    for (const [name, value] of new FormData(form)) if (typeof value === 'string' && !skipped.has(name)) data.append(name, value);
    return data;
  };
  const print = (data) => new URLSearchParams(data).toString();
  const tell = (state, name) => { if (spot && told !== name) { told = name; spot.dataset.state = state; spot.textContent = name ? text(name) : ''; } };
  const stamp = (data) => {
    if (!versions) return data;
    data.append('draft_window', self);
    data.append('draft_seen', versions[data.get('kind')] ?? '');
    if (settles) data.append('draft_settles', '1');
    return data;
  };
  const keep = () => { try { sessionStorage.setItem(shelf, print(stamp(fields()))); } catch { /* private browsing */ } };
  const forget = () => { try { sessionStorage.removeItem(shelf); } catch { /* private browsing */ } };

  async function save() {
    clearTimeout(timer);
    const data = fields();
    const now = print(data);
    if (sent || 'sent' in form.dataset || now === saved) return;
    stamp(data).append('csrfmiddlewaretoken', csrf());
    try {
      const answer = await post(url, data);
      const answered = versions && !answer.redirected && (answer.ok || answer.status === 409) ? await answer.json() : {};
      if (answer.ok && !answer.redirected) {
        if (versions) versions[data.get('kind')] = answered.seen;
        if (data.has('draft_settles')) settles = false;
        saved = now; forget(); tell('saved', 'draftSaved'); return;
      }
      if (answered.other !== undefined) offer(answered, data.get('kind'));
      keep();
      tell('failed', { 401: 'draftSignedOut', 403: 'draftSignedOut', 409: 'draftConflict' }[answer.redirected ? 401 : answer.status] ?? 'draftFailed');
      if (answer.status >= 500) timer = setTimeout(save, 10000);
    } catch {
      keep();
      tell('failed', 'draftFailed');
      timer = setTimeout(save, 10000);
    }
  }
  function offer({ other: text, seen }, kind) {
    if (!other) return;
    offered = { kind, seen };
    other.querySelector('[data-draft-other-text]').innerHTML = text;
    other.hidden = false;
  }
  other?.addEventListener('click', (event) => {
    const adds = event.target.closest('[data-draft-adds]');
    if (!adds && !event.target.closest('[data-draft-keeps]')) return;
    const html = other.querySelector('[data-draft-other-text]').innerHTML;
    const editor = form.querySelector('trix-editor')?.editor;
    const area = form.querySelector('[name=body]');
    if (adds && editor) {
      const end = editor.getDocument().getLength() - 1;
      editor.setSelectedRange([end, end]);
      if (end) editor.insertString('\n\n');
      editor.insertHTML(html);
    } else if (adds) area.value += `\n\n${other.querySelector('[data-draft-other-text]').innerText}`;
    if (offered) versions[offered.kind] = offered.seen;
    settles = true;
    other.hidden = true;
    saved = undefined;
    save();
  });
  const soon = () => { clearTimeout(timer); timer = setTimeout(save, 800); };
  const leave = () => {
    const data = fields();
    if (sent || 'sent' in form.dataset || print(data) === saved) return;
    stamp(data).append('csrfmiddlewaretoken', csrf());
    if (navigator.sendBeacon(url, data)) saved = print(fields()); else keep();
  };

  const shelved = (() => { try { return sessionStorage.getItem(shelf); } catch { return null; } })();
  if (shelved) for (const [name, value] of new URLSearchParams(shelved)) {
    if (name === 'draft_seen' && versions) { versions[new URLSearchParams(shelved).get('kind')] = value; continue; }
    const field = form.elements[name];
    if (field instanceof RadioNodeList || field?.type === 'text' || field?.tagName === 'TEXTAREA' || field?.tagName === 'SELECT') field.value = value;
  }
  saved = shelved ? undefined : print(fields());
  if (shelved) soon();
  // The editor rewrites its own markup once when it starts: that is no change.
  form.addEventListener('trix-initialize', () => { if (!shelved) saved = print(fields()); });
  for (const type of ['input', 'change', 'trix-change']) form.addEventListener(type, () => { if (saved !== undefined || shelved) soon(); });
  form.addEventListener('focusout', (event) => { if (!form.contains(event.relatedTarget)) save(); });
  form.addEventListener('submit', () => setTimeout(() => { if ('sent' in form.dataset) { sent = true; clearTimeout(timer); forget(); } }, 10));
  form.addEventListener('htmx:finally:request', (event) => {
    if (event.detail.ctx.sourceElement !== form) return;
    if (!(event.detail.ctx.response?.status < 300)) { sent = false; saved = undefined; soon(); }
  });
  document.addEventListener('visibilitychange', () => { if (document.visibilityState === 'hidden' && form.isConnected) leave(); });
});

enhance('form[data-presence-url]', (form) => {
  let last = 0;
  const ping = () => {
    const now = Date.now();
    if (now - last < 5000) return;
    last = now;
    const kind = form.querySelector('[name=kind]:checked, [name=kind][type=hidden]')?.value ?? '';
    post(form.dataset.presenceUrl, { kind }).catch(() => {});
  };
  for (const type of ['input', 'keydown']) form.addEventListener(type, (event) => { if (type === 'input' || event.target.closest?.('trix-editor')) ping(); });
});

// A file is kept as soon as it is chosen, and belongs to the draft. One that could not be kept stays in its field and goes with the form.
on('change', 'input[type=file][data-keep-url]', async (event, field) => {
  const { form } = field;
  const box = form.querySelector('[data-kept]');
  const left = new DataTransfer();
  const chosen = [...field.files];
  if (!box || !chosen.length) return;
  for (const file of chosen) {
    const data = new FormData();
    data.append('file', file);
    try {
      const answer = await post(field.dataset.keepUrl, data);
      const told = answer.redirected ? {} : await answer.json();
      if (answer.ok && told.id) { box.querySelector('.files').append(kept(told.id, file, field)); continue; }
      if (told.message) say(told.message);
    } catch { /* it goes with the form */ }
    left.items.add(file);
  }
  field.files = left.files;
  const names = field.closest('.field').querySelector('[data-file-names]');
  if (names) names.textContent = [...left.files].map((file) => file.name).join(', ');
  box.hidden = !box.querySelector('[name=uploads]');
  form.dispatchEvent(new Event('change'));
});

function kept(token, file, field) {
  const line = Object.assign(document.createElement('label'), { className: 'file' });
  const tick = Object.assign(document.createElement('input'), { type: 'checkbox', name: 'uploads', value: token, checked: true });
  const name = Object.assign(document.createElement('span'), { className: 'clip', textContent: file.name });
  line.append(field.closest('.field').querySelector('svg').cloneNode(true), tick, name);
  if (file.size >= 1048576) line.append(Object.assign(document.createElement('span'), { className: 'muted small nowrap', textContent: weight(file.size) }));
  return line;
}
