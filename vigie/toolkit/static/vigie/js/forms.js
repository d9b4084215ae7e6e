// A form is sent once: the button rests while it leaves, and a token lets the server recognise a second sending.
import { csrf, enhance, identifier, say, text, uploadLimit, weight } from './dom.js';

const rest = (form, resting) => {
  if (resting) form.dataset.sent = ''; else delete form.dataset.sent;
  for (const button of form.querySelectorAll('button[type=submit], button:not([type])')) {
    button.disabled = resting;
    button.toggleAttribute('aria-busy', false);
    if (resting) button.setAttribute('aria-busy', 'true');
  }
};

// A file that is too large is refused before it leaves, in a sentence beside its field.
document.addEventListener('change', (event) => {
  const field = event.target;
  if (field.type !== 'file') return;
  const big = uploadLimit() && [...field.files].some((file) => file.size > uploadLimit());
  const said = field.closest('.field')?.querySelector('[data-too-big]');
  const names = field.closest('.field')?.querySelector('[data-file-names]');
  if (names) names.textContent = big ? '' : [...field.files].map((file) => file.name).join(', ');
  if (said) said.textContent = big ? text('uploadTooBig', { most: weight(uploadLimit()) }) : '';
  field.toggleAttribute('aria-invalid', Boolean(big));
  if (!big) return;
  field.value = '';
  event.stopImmediatePropagation();
  if (!said) say(text('uploadTooBig', { most: weight(uploadLimit()) }));
}, true);

enhance('form[data-once] [data-submission]', (field) => { if (!field.value) { field.value = identifier(); field.dataset.ours = ''; } });

document.addEventListener('submit', (event) => {
  const form = event.target;
  if (form.elements.csrfmiddlewaretoken) form.elements.csrfmiddlewaretoken.value = csrf();
  if (!form.matches('[data-once]')) return;
  if ('sent' in form.dataset) { event.preventDefault(); event.stopImmediatePropagation(); return; }
  // After the browser or htmx has read the fields, the pressed button included.
  setTimeout(() => { if (!event.defaultPrevented || form.matches('[hx-post], [hx-put], [hx-patch], [data-hx-post]')) rest(form, true); });
  setTimeout(() => rest(form, false), 15000);
}, true);

document.addEventListener('htmx:finally:request', (event) => {
  const form = event.detail.ctx.sourceElement?.closest?.('form[data-once]');
  if (!form) return;
  rest(form, false);
  const field = form.querySelector('[data-submission][data-ours]');
  if (field && event.detail.ctx.response?.status < 300) field.value = identifier();
});
window.addEventListener('pageshow', (event) => { if (event.persisted) document.querySelectorAll('form[data-once]').forEach((form) => rest(form, false)); });
