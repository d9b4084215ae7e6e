// <time datetime data-relative>: the server wrote it well; keep it true while the page stays open.
import { text } from './dom.js';

const pad = (n) => String(n).padStart(2, '0');
function refresh() {
  for (const el of document.querySelectorAll('time[data-relative]')) {
    const minutes = Math.round((Date.parse(el.dateTime) - Date.now()) / 60000);
    const far = Math.abs(minutes);
    if (Number.isNaN(minutes) || far >= 1440) continue;
    const words = far < 1 ? text('now')
      : minutes > 0 ? (far < 60 ? text('inMinutes', { n: far }) : text('inHours', { h: Math.floor(far / 60), m: pad(far % 60) }))
        : (far < 60 ? text('minutesAgo', { n: far }) : text('hoursAgo', { n: Math.floor(far / 60) }));
    if (el.textContent !== words) el.textContent = words;
  }
}
setInterval(() => { if (!document.hidden) refresh(); }, 30000);
document.addEventListener('visibilitychange', () => { if (!document.hidden) refresh(); });
