// <span data-relative><time datetime>: the server wrote it well; keep it true while the page stays open.
import { text } from './dom.js';

const pad = (n) => String(n).padStart(2, '0');
function refresh() {
  for (const el of document.querySelectorAll('[data-relative] time')) {
    const seconds = Math.trunc((Date.parse(el.dateTime) - Date.now()) / 1000);
    const far = Math.abs(seconds);
    if (Number.isNaN(seconds) || far >= 48 * 3600) continue; // days: the server's words stay true long enough
    const [h, m] = [Math.floor(far / 3600), Math.floor((far % 3600) / 60)];
    const time = far < 60 ? text('instant') : !h ? text('minutes', { n: m }) : m && h < 24 ? text('hoursMinutes', { h, m: pad(m) }) : text('hours', { h });
    const words = text(seconds > 0 ? 'in' : 'ago', { time });
    if (el.textContent !== words) el.textContent = words;
  }
}
setInterval(() => { if (!document.hidden) refresh(); }, 30000);
document.addEventListener('visibilitychange', () => { if (!document.hidden) refresh(); });
