// htmx: the token, answers that must not replace what is on the page, confirmation, focus.
import { csrf, enhance, say, text } from './dom.js';
import { ask } from './layers.js';

document.addEventListener('htmx:config:request', (event) => {
  event.detail.ctx.request.headers['X-CSRFToken'] = csrf();
});

// A refusal (4xx) is a fragment and is shown. An outage, a lost session or a whole page never takes the place of a fragment.
document.addEventListener('htmx:before:swap', (event) => {
  const { ctx } = event.detail;
  const status = ctx.response?.status ?? 200;
  const whole = /^\s*<!doctype/i.test(ctx.text ?? '') && ctx.target !== document.body;
  if (ctx.hx?.retarget === '#toasts') return;
  if (status >= 500 || status === 401 || (status >= 400 && whole)) {
    event.preventDefault();
    say(status === 401 ? text('draftSignedOut') : text('failed'));
  }
});

// htmx carries the style attribute of a part over to the part of the same id, which the policy refuses: it leaves with the old one.
document.addEventListener('htmx:before:swap', () => {
  for (const el of document.querySelectorAll('[id][style]:not(main)')) el.removeAttribute('style');
});

document.addEventListener('htmx:error', (event) => {
  if (event.detail.ctx && event.detail.error?.name !== 'AbortError') say(navigator.onLine ? text('failed') : text('offline'));
});

document.addEventListener('htmx:confirm', async (event) => {
  const { ctx, issueRequest, dropRequest } = event.detail;
  event.preventDefault();
  (await ask(ctx.sourceElement.dataset, ctx.confirm)) ? issueRequest() : dropRequest();
});

enhance('[data-focus]', (el) => requestAnimationFrame(() => el.focus()));
