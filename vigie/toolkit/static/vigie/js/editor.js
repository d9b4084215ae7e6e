// <div data-rich data-upload-url>: its textarea becomes a Trix editor. Without script it stays a textarea and works.
// The style sheet hides a textarea that has its editor: htmx, settling a part, would take an attribute off again.
import { csrf, enhance, say, text, uploadLimit, weight } from './dom.js';

let loading;
function trix() {
  loading ??= new Promise((done, failed) => {
    const script = Object.assign(document.createElement('script'), { src: document.body.dataset.trix, onload: () => { speak(window.Trix); done(); }, onerror: failed });
    document.head.append(script);
  });
  return loading;
}

function speak({ config, models: { HTMLSanitizer } }) {
  // Trix reads its own page back whenever something touches it (a caption it hid, an extension), style attributes included.
  const { setHTML } = HTMLSanitizer;
  HTMLSanitizer.setHTML = function unstyledHTML(element, html, options) { return setHTML.call(this, element, unstyled(html), options); };

  Object.assign(config.lang, { captionPlaceholder: text('caption'), remove: text('remove'), bytes: text('bytes'), byte: text('bytes'), KB: text('KB'), MB: text('MB') });
  // Its sizes are worded before this is read, in English only: the name is enough.
  config.attachments.preview.caption = { name: true, size: false };
  config.attachments.file.caption = { size: false };
}

let count = 0;
enhance('[data-rich]', async (box) => {
  const area = box.querySelector('textarea');
  const tools = document.getElementById('rich-toolbar');
  if (!area || !tools) return;
  try { await trix(); await customElements.whenDefined('trix-editor'); } catch { return; }
  const bar = document.createElement('trix-toolbar');
  bar.id = `tools-${++count}`;
  bar.append(tools.content.cloneNode(true));
  if (!box.dataset.uploadUrl) bar.querySelector('[data-trix-action=attachFiles]')?.remove();
  const editor = document.createElement('trix-editor');
  area.id ||= `rich-${count}`;
  editor.setAttribute('input', area.id);
  editor.setAttribute('toolbar', bar.id);
  if (area.placeholder) editor.setAttribute('placeholder', area.placeholder);
  for (const name of ['aria-describedby', 'aria-invalid', 'lang']) if (area.hasAttribute(name)) editor.setAttribute(name, area.getAttribute(name));
  const label = document.querySelector(`label[for="${CSS.escape(area.id)}"]`);
  if (label) {
    editor.setAttribute('aria-label', label.textContent.trim());
    label.addEventListener('click', (event) => { event.preventDefault(); editor.focus(); });
  }
  const focused = document.activeElement === area;
  if (area.value && !/<\w/.test(area.value)) area.value = plain(area.value);
  area.after(bar, editor);
  roving(bar.querySelector('[role=toolbar]'));
  if (focused) editor.focus();
});

// A toolbar is one stop of the Tab key; arrows, Home and End go from tool to tool (ARIA's pattern).
function roving(bar) {
  const tools = () => [...bar.querySelectorAll('button:not(:disabled)')];
  const reach = (tool) => { for (const one of bar.querySelectorAll('button')) one.tabIndex = one === tool ? 0 : -1; };
  reach(bar.querySelector('button'));
  bar.addEventListener('focusin', (event) => reach(event.target.closest('button')));
  bar.addEventListener('keydown', (event) => {
    const all = tools();
    const at = all.indexOf(document.activeElement);
    const to = { ArrowRight: at + 1, ArrowLeft: at - 1 + all.length, Home: 0, End: all.length - 1 }[event.key];
    if (to === undefined || at < 0) return;
    event.preventDefault();
    all[to % all.length].focus();
  });
}

// Files chosen in the field beside an editor go into its text, as those that are dropped there.
document.addEventListener('change', (event) => {
  const field = event.target;
  if (!field.matches('[data-into-text]')) return;
  const rich = field.form.querySelector('trix-editor');
  if (!rich?.editor) return;
  rich.editor.insertFiles([...field.files]);
  field.value = '';
});

// What was typed without script is plain text: keep its lines.
function plain(value) {
  const holder = document.createElement('div');
  holder.textContent = value;
  return holder.innerHTML.replace(/\r?\n/g, '<br>');
}

// What is copied elsewhere carries style attributes and pictures of other sites, which the policy refuses to whoever parses
// them, the browser's own paste included. Such a paste is taken over as it arrives and cleaned as text.
document.addEventListener('paste', (event) => {
  const editor = event.target.closest?.('trix-editor')?.editor;
  const html = event.clipboardData?.getData('text/html') ?? '';
  if (!editor || !/style|<img/i.test(html)) return;
  event.preventDefault();
  event.stopImmediatePropagation();
  editor.recordUndoEntry('Paste');
  const clean = withoutForeignPictures(unstyled(html));
  // Office copies a picture of its text as well: files count only where there is no text.
  if (!clean.replace(TAG, '').trim() && event.clipboardData.files.length) editor.insertFiles([...event.clipboardData.files]);
  else editor.insertHTML(clean);
}, true);

// The policy refuses a style attribute to whoever parses it: it goes while the markup is still text.
const TAG = /<!--[\s\S]*?-->|<[!/]?[a-z](?:[^>"']|"[^"]*"|'[^']*')*>/gi;
const unstyled = (html) => html.replace(/<style[\s\S]*?<\/style\s*>/gi, '')
  .replace(TAG, (tag) => tag.replace(/(?<=[\s/"'])style(\s*=\s*("[^"]*"|'[^']*'|[^\s>]+))?(?=[\s/>])/gi, ''));
const withoutForeignPictures = (html) => html.replace(TAG, (tag) => (/^<img/i.test(tag) && !ours(tag) ? '' : tag));
function ours(tag) {
  const [, source] = /\ssrc\s*=\s*["']?([^"'\s>]+)/i.exec(tag) ?? [];
  try { return new URL(source, location.href).origin === location.origin; } catch { return false; }
}

document.addEventListener('trix-file-accept', (event) => {
  const box = event.target.closest('[data-rich]');
  const limit = uploadLimit();
  if (!box?.dataset.uploadUrl) event.preventDefault();
  else if (limit && event.file.size > limit) { event.preventDefault(); say(text('uploadTooBig', { most: weight(limit) })); }
});

// A picture is named by its file; what was pasted bears no name of its own.
const words = (file) => (/^image\.\w+$/i.test(file.name) ? '' : file.name.replace(/\.\w{2,5}$/, '')) || text('picture');

document.addEventListener('trix-attachment-add', (event) => {
  const { attachment } = event;
  const box = event.target.closest('[data-rich]');
  if (!attachment.file || !box?.dataset.uploadUrl) return;
  const { elements } = box.closest('form');
  const url = box.dataset.uploadUrl.replace(/\{(\w+)\}/g, (all, name) => encodeURIComponent(elements[name]?.value ?? ''));
  const fields = new FormData();
  fields.append('file', attachment.file, attachment.file.name || 'image.png');
  const sending = new XMLHttpRequest();
  sending.open('POST', url);
  sending.setRequestHeader('X-CSRFToken', csrf());
  sending.responseType = 'json';
  sending.upload.onprogress = (step) => { if (step.lengthComputable) attachment.setUploadProgress((step.loaded / step.total) * 100); };
  sending.onload = () => {
    const answer = sending.response ?? {};
    if (sending.status >= 200 && sending.status < 300 && answer.url) {
      attachment.setAttributes({ alt: words(attachment.file), url: answer.url, href: answer.href ?? answer.url, ...(answer.id ? { attachmentId: answer.id } : {}) });
    } else refuse(answer.message ?? (sending.status === 413 ? text('uploadTooBig', { most: weight(uploadLimit()) }) : text('uploadFailed')));
  };
  sending.onerror = () => refuse(text('uploadFailed'));
  const refuse = (message) => { attachment.remove(); say(message); };
  sending.send(fields);
});
