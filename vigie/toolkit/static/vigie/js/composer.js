// The conversation: presence, one text for each tab, lines that can be hidden, acts done in a dialog.
import { enhance, on, post } from './dom.js';

const PULSE = 12000;

// Others learn that this page is being read, and this page who else reads or types.
enhance('form[data-composer][data-presence-url]', (form) => {
  const spot = form.querySelector('.typing');
  if (!spot) return;
  const pulse = async () => {
    if (!form.isConnected) { clearInterval(timer); return; }
    if (document.hidden) return;
    try {
      const answer = await post(form.dataset.presenceUrl, { kind: '' });
      if (answer.ok && !answer.redirected) spot.innerHTML = await answer.text();
    } catch { /* the next one will tell */ }
  };
  const timer = setInterval(pulse, PULSE);
  pulse();
});

// A long conversation opens at its end, where the work is.
enhance('[data-opens-at-end]', (thread) => {
  const main = thread.closest('.main');
  if (main && !location.hash && main.scrollHeight > main.clientHeight) main.scrollTop = main.scrollHeight;
});

// A note's text never becomes a reply by a slip: each tab keeps its own.
enhance('form[data-shelf]', (form) => {
  const shelf = form.querySelector('[data-shelved]');
  const area = form.querySelector('[name=body]');
  if (!shelf || !area) return;
  let present = form.querySelector('[name=kind]:checked')?.value;
  form.addEventListener('change', (event) => {
    if (event.target.name !== 'kind' || event.target.value === present) return;
    const rich = form.querySelector('trix-editor');
    const text = area.value;
    rich?.editor ? rich.editor.loadHTML(shelf.value) : (area.value = shelf.value);
    shelf.value = text;
    shelf.dataset.shelved = present;
    present = event.target.value;
  });
});

// A canned reply chosen in the composer goes where the cursor is; the picker is empty again for the next one.
on('change', '[data-inserts] input[type=hidden]', async (event, chosen) => {
  if (!chosen.value) return;
  const box = chosen.closest('[data-inserts]');
  const address = box.dataset.inserts.replace(/0\/$/, `${chosen.value}/`);
  chosen.value = box.querySelector('[role=combobox]').value = '';
  const answer = await fetch(address, { credentials: 'same-origin', headers: { 'HX-Request': 'true' } });
  if (!answer.ok || answer.redirected) return;
  const html = await answer.text();
  const rich = chosen.form.querySelector('trix-editor');
  const area = chosen.form.querySelector('[name=body]');
  if (rich?.editor) { rich.focus(); insertApart(rich.editor, html); return; }
  const holder = Object.assign(document.createElement('div'), { innerHTML: html.replace(/<br>/g, '\n') });
  const [before, after] = [area.value.slice(0, area.selectionStart), area.value.slice(area.selectionEnd)];
  area.setRangeText(gap(before, /\n*$/) + holder.textContent.trim() + gap(after, /^\n*/), area.selectionStart, area.selectionEnd, 'end');
  area.focus();
});

// A paragraph of its own: an empty line to what stands before and behind.
function gap(text, edge) { return text.trim() ? '\n'.repeat(Math.max(0, 2 - edge.exec(text)[0].length)) : ''; }
function insertApart(editor, html) {
  const [start, end] = editor.getSelectedRange();
  const all = editor.getDocument().toString();
  const lead = gap(all.slice(0, start), /\n*$/);
  const tail = gap(all.slice(end), /^\n*/);
  if (lead) editor.insertString(lead);
  editor.insertHTML(html);
  if (tail) editor.insertString(tail);
}

on('click', '[data-facts-toggle]', (event, button) => {
  const shown = button.getAttribute('aria-pressed') !== 'true';
  button.setAttribute('aria-pressed', String(shown));
  document.getElementById(button.dataset.factsToggle)?.classList.toggle('hide-facts', !shown);
  post(button.dataset.url, { shown: shown ? '1' : '0' }).catch(() => {});
});

// Arrives with the answer of an act: closes its dialog and fetches what it added.
enhance('[data-done]', (mark) => {
  const dialog = mark.closest('dialog');
  if (dialog?.open) dialog.close();
  document.getElementById(mark.dataset.done)?.dispatchEvent(new CustomEvent('refresh'));
  mark.remove();
});

// Arrives with the answer of an act on several rows: what lies behind its dialog is fetched again, the report stays.
enhance('[data-refreshes]', (mark) => document.getElementById(mark.dataset.refreshes)?.dispatchEvent(new CustomEvent('refresh')));

on('click', '[data-dismisses]', (event, el) => setTimeout(() => el.replaceWith()));

// A line of text in an area that grows: Enter sends, Escape takes the change back.
on('keydown', 'textarea[data-enter]', (event, area) => {
  if (event.isComposing) return;
  if (event.key === 'Enter') { event.preventDefault(); area.blur(); }
  if (event.key === 'Escape') { area.value = area.defaultValue; area.blur(); }
});
