// <div data-when="source=imap|folder">: shown while the field of that name holds one of these values; several conditions, all of them;
// " / " stands between sets of which one is enough, a bare name means "not empty". A field with an error is always shown.
// A fieldset that has nothing left to show goes as well. Without script everything stays in sight.
import { enhance, on } from './dom.js';

const value = (form, name) => form.elements[name]?.value ?? '';
function holds(form, condition) {
  const [name, values] = condition.split('=');
  return values === undefined ? value(form, name).trim() !== '' : values.split('|').includes(value(form, name));
}

function settle(form) {
  for (const part of form.querySelectorAll('[data-when]')) {
    const wanted = part.dataset.when.split(' / ').some((all) => all.split(' ').every((condition) => holds(form, condition)));
    part.hidden = !wanted && !part.querySelector('.field__error, [aria-invalid=true]');
  }
  for (const group of form.querySelectorAll('fieldset:has([data-when])')) group.hidden = !group.querySelector('.field:not([hidden])');
}

enhance('form:has([data-when])', settle);
for (const type of ['input', 'change']) on(type, 'form:has([data-when])', (event, form) => settle(form));
