// Rows that can be selected: one, all, a range with Shift; the bar of actions follows.
import { enhance, on } from './dom.js';

let last = null;
const picks = () => [...document.querySelectorAll('[data-pick]')];

export function refresh() {
  const all = picks();
  const chosen = all.filter((box) => box.checked);
  for (const box of all) box.closest('tr, li')?.classList.toggle('is-picked', box.checked);
  for (const bar of document.querySelectorAll('[data-bulk]')) {
    bar.hidden = chosen.length === 0;
    bar.querySelector('[data-bulk-count]').textContent = chosen.length;
  }
  for (const head of document.querySelectorAll('[data-pick-all]')) {
    head.checked = chosen.length > 0 && chosen.length === all.length;
    head.indeterminate = chosen.length > 0 && chosen.length < all.length;
  }
}

on('click', '[data-pick]', (event, box) => {
  const all = picks();
  if (event.shiftKey && last && all.includes(last)) {
    const [from, to] = [all.indexOf(last), all.indexOf(box)].sort((a, b) => a - b);
    for (const other of all.slice(from, to + 1)) other.checked = box.checked;
  }
  last = box;
  refresh();
});
on('change', '[data-pick]', refresh);
on('change', '[data-pick-all]', (event, head) => { for (const box of picks()) box.checked = head.checked; refresh(); });
on('click', '[data-pick-none]', () => { for (const box of picks()) box.checked = false; refresh(); });
enhance('[data-pick]', refresh);

// On a phone rows are stacked by display, which costs a table its roles for some readers of screens.
const ROLES = { THEAD: 'rowgroup', TBODY: 'rowgroup', TR: 'row', TD: 'cell' };
enhance('.table--rows, .table--rows :is(thead, tbody, tr, td, th)', (el) => {
  el.setAttribute('role', ROLES[el.tagName] ?? (el.tagName === 'TABLE' ? 'table' : el.scope === 'row' ? 'rowheader' : 'columnheader'));
});

// A click anywhere on a row that holds no control opens it.
on('click', '[data-row][data-href]', (event, row) => {
  if (event.target.closest('a, button, input, label, summary, select') || String(getSelection())) return;
  row.querySelector('a.cell')?.click() ?? location.assign(row.dataset.href);
});
