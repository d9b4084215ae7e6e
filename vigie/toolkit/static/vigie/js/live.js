// /live says which topics changed ({"topics": ["ticket:12", "queue"]} or the bare words); it carries no content.
// <div data-live="ticket:12 queue" hx-get="…" hx-trigger="refresh"> fetches itself again with the reader's own rights.
// Also raised on <body>: "live:TOPIC". Never refreshes what a person is writing in, has open or has selected: it waits.
import { writing } from './dom.js';

const url = document.body.dataset.liveUrl;
const waiting = new Set();
let source, timer, stale = false, wait = 1000;
const due = new Set();

const busy = (el) => (el.contains(document.activeElement) && (writing(document.activeElement) || el.querySelector('[data-row]:focus')))
  || el.querySelector('details[data-menu][open], dialog[open], [data-pick]:checked') || (getSelection()?.type === 'Range' && el.contains(getSelection().anchorNode));

function flush() {
  timer = null;
  for (const topic of due) document.body.dispatchEvent(new CustomEvent(`live:${topic}`));
  for (const el of document.querySelectorAll('[data-live]')) {
    if (due.has('*') || el.dataset.live.split(/\s+/).some((topic) => due.has(topic))) waiting.add(el);
  }
  due.clear();
  settle();
}
function settle() {
  for (const el of waiting) {
    if (!el.isConnected) waiting.delete(el);
    else if (!busy(el)) { waiting.delete(el); el.dispatchEvent(new CustomEvent('refresh')); }
  }
}
function changed(topics) {
  for (const topic of topics) due.add(topic);
  timer ??= setTimeout(flush, 150 + Math.random() * 350); // many readers do not ask at the same instant
}
function read(event) {
  let topics;
  try { const data = JSON.parse(event.data); topics = data.topics ?? data; } catch { topics = event.data; }
  changed(Array.isArray(topics) ? topics : String(topics).split(/\s+/).filter(Boolean));
}

function connect() {
  source?.close();
  source = new EventSource(url);
  source.onopen = () => { wait = 1000; if (stale) { stale = false; changed(['*']); } };
  source.onmessage = read;
  source.addEventListener('change', read);
  source.onerror = () => {
    stale = true;
    if (source.readyState === EventSource.CLOSED && !document.hidden) { setTimeout(connect, wait); wait = Math.min(wait * 2, 60000); }
  };
}

if (url) {
  let hiding;
  connect();
  setInterval(settle, 2000);
  document.addEventListener('visibilitychange', () => {
    clearTimeout(hiding);
    if (document.hidden) hiding = setTimeout(() => { source.close(); source = null; stale = true; }, 30000);
    else if (!source || source.readyState === EventSource.CLOSED) connect();
  });
  window.addEventListener('pagehide', () => source?.close());
  window.addEventListener('pageshow', (event) => { if (event.persisted) { stale = true; connect(); } });
}
