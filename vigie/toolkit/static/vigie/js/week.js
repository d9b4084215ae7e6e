// Hours of a week drawn with the mouse or the keyboard. The text fields hold the truth: the picture reads and writes them.
import { enhance } from './dom.js';

const DAYS = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'];
const LEFT = 110, WIDE = 648, TOP = 26, ROW = 32, STEP = 15, DAY = 1440, EDGE = 10;
const SPAN = /^\s*(\d{1,2})(?:[:h](\d{2})?)?\s*[-–]\s*(\d{1,2})(?:[:h](\d{2})?)?\s*$/;
const clock = (minutes) => `${String(Math.floor(minutes / 60)).padStart(2, '0')}:${String(minutes % 60).padStart(2, '0')}`;
const written = (spans) => spans.map(([from, to]) => `${clock(from)}-${clock(to > DAY ? to - DAY : to)}`).join(', ');

// Spans of a field as minutes; null where it cannot be read: the server will say why.
function read(text) {
  const spans = [];
  for (const part of text.split(/[,;]/).filter((one) => one.trim())) {
    const found = SPAN.exec(part);
    if (!found) return null;
    const from = found[1] * 60 + Number(found[2] ?? 0), to = found[3] * 60 + Number(found[4] ?? 0);
    if (from > DAY || to > DAY) return null;
    spans.push([from, to > from ? to : to + DAY]);
  }
  return spans.sort((a, b) => a[0] - b[0]);
}

function shape(name, values, ...inside) {
  const made = document.createElementNS('http://www.w3.org/2000/svg', name);
  for (const [key, value] of Object.entries(values)) made.setAttribute(key, value);
  made.append(...inside);
  return made;
}

// Neighbours that touch or overlap are one.
function joined(spans) {
  const found = [];
  for (const [from, to] of [...spans].sort((a, b) => a[0] - b[0])) {
    const last = found.at(-1);
    if (last && from <= last[1]) last[1] = Math.max(last[1], to); else found.push([from, to]);
  }
  return found;
}

enhance('[data-week]', (box) => {
  const svg = box.querySelector('svg'), words = JSON.parse(box.dataset.words);
  const form = box.closest('form'), fields = DAYS.map((code) => form.elements[code]);
  let held = null;

  function draw(focus) {
    svg.replaceChildren();
    for (let hour = 0; hour <= 24; hour += 3) {
      const x = LEFT + hour * 27;
      svg.append(shape('line', { class: 'grid', x1: x, x2: x, y1: 22, y2: 246 }), shape('text', { x, y: 14, 'text-anchor': 'middle' }, hour));
    }
    fields.forEach((field, day) => {
      const y = TOP + day * ROW, spans = read(field.value);
      svg.append(shape('text', { class: 'day', x: 0, y: y + 17 }, words.days[day]), shape('rect', { class: 'closed', x: LEFT, y, width: WIDE, height: 24, rx: 2, 'data-row': day }));
      for (const [place, [from, to]] of (spans ?? []).entries()) {
        const bar = shape('rect', { class: 'open', x: LEFT + from * 0.45, y, width: (Math.min(to, DAY) - from) * 0.45, height: 24, rx: 2, tabindex: 0, role: 'button',
          'aria-label': `${words.days[day]} ${words.from} ${clock(from)} ${words.to} ${clock(to % DAY || DAY)}. ${words.remove}`, 'data-row': day, 'data-place': place });
        svg.append(bar);
        if (focus && focus[0] === day && focus[1] === place) bar.focus();
        if (to > DAY) svg.append(shape('rect', { class: 'open', x: LEFT, y: TOP + ((day + 1) % 7) * ROW, width: (to - DAY) * 0.45, height: 24, rx: 2 }));
      }
      svg.append(shape('text', { x: 774, y: y + 17 }, spans === null ? '?' : field.value.trim() || words.closed));
    });
  }

  function write(day, spans, place) {
    fields[day].value = written(joined(spans));
    fields[day].dispatchEvent(new Event('change', { bubbles: true }));
    draw(place === undefined ? null : [day, place]);
  }

  const minute = (event) => {
    const point = new DOMPoint(event.clientX, event.clientY).matrixTransform(svg.getScreenCTM().inverse());
    return Math.max(0, Math.min(DAY, Math.round((point.x - LEFT) / 0.45 / STEP) * STEP));
  };

  svg.addEventListener('pointerdown', (event) => {
    const on = event.target.closest('[data-row]');
    if (!on || event.button) return;
    const day = Number(on.dataset.row), spans = read(fields[day].value), at = minute(event);
    if (spans === null) return;
    held = { day, spans, at, place: spans.length, end: 'new' };
    if (on.dataset.place !== undefined) {
      const place = Number(on.dataset.place), [from, to] = spans[place];
      held = { ...held, place, from, to, end: Math.abs(at - from) <= EDGE * 2 ? 'from' : Math.abs(at - Math.min(to, DAY)) <= EDGE * 2 ? 'to' : 'all' };
    }
    svg.setPointerCapture(event.pointerId);
    event.preventDefault();
  });
  svg.addEventListener('pointermove', (event) => {
    if (!held) return;
    const at = minute(event), spans = held.spans.map((span) => [...span]);
    if (held.end === 'new') { if (at !== held.at) spans[held.place] = [Math.min(at, held.at), Math.max(at, held.at)]; } else if (held.end === 'from') spans[held.place][0] = Math.min(at, held.to - STEP);
    else if (held.end === 'to') spans[held.place][1] = Math.max(at, held.from + STEP);
    else { const by = Math.max(-held.from, Math.min(at - held.at, DAY - held.to)); spans[held.place] = [held.from + by, held.to + by]; }
    write(held.day, spans);
  });
  svg.addEventListener('pointerup', (event) => {
    const bar = held && event.target.closest('[data-place]');
    held = null;
    bar?.focus();
  });
  svg.addEventListener('keydown', (event) => {
    const bar = event.target.closest('[data-place]');
    if (!bar) return;
    const day = Number(bar.dataset.row), place = Number(bar.dataset.place), spans = read(fields[day].value);
    const by = { ArrowLeft: -STEP, ArrowRight: STEP }[event.key];
    if (event.key === 'Delete' || event.key === 'Backspace') { spans.splice(place, 1); write(day, spans); fields[day].focus(); } else if (by) {
      const [from, to] = spans[place];
      if (event.shiftKey) { if (to + by > from && to + by - DAY <= from) spans[place][1] = to + by; } else if (from + by >= 0 && to + by <= DAY) spans[place] = [from + by, to + by];
      write(day, spans, place);
    } else return;
    event.preventDefault();
  });
  box.addEventListener('click', (event) => {
    const copy = event.target.closest('[data-copy]');
    if (!copy) return;
    for (const code of copy.dataset.copy.split(' ')) form.elements[code].value = form.elements.mon.value;
    draw();
  });
  for (const field of fields) field.addEventListener('input', () => draw());
  draw();
});

// A day of the year that is pressed is closed, or as it was again: a line of the exceptional days.
// The year is one stop of the Tab key: arrows go to the next day or the same day of the next week, Home and End to its ends.
enhance('[data-year]', (box) => {
  const dates = box.closest('form').elements.dates;
  const lines = () => dates.value.split('\n').map((line) => line.trim()).filter(Boolean);
  const paint = () => {
    const closed = new Set(lines().filter((line) => !line.includes(' ')));
    for (const day of box.querySelectorAll('[data-day]')) day.setAttribute('aria-pressed', closed.has(day.dataset.day));
  };
  box.addEventListener('click', (event) => {
    const day = event.target.closest('[data-day]')?.dataset.day;
    if (!day) return;
    const kept = lines(), others = kept.filter((line) => line.split(' ')[0] !== day);
    dates.value = (others.length === kept.length ? [...kept, day] : others).sort().join('\n');
    dates.dispatchEvent(new Event('change', { bubbles: true }));
    paint();
  });
  const days = [...box.querySelectorAll('[data-day]')];
  const reach = (day) => { for (const one of days) one.tabIndex = one === day ? 0 : -1; };
  reach(days[0]);
  box.addEventListener('focusin', (event) => reach(event.target.closest('[data-day]') ?? days[0]));
  box.addEventListener('keydown', (event) => {
    const at = days.indexOf(event.target.closest('[data-day]'));
    const to = { ArrowRight: at + 1, ArrowLeft: at - 1, ArrowDown: at + 7, ArrowUp: at - 7, Home: 0, End: days.length - 1 }[event.key];
    if (to === undefined || at < 0) return;
    event.preventDefault();
    days[to]?.focus();
  });
  dates.addEventListener('input', paint);
  paint();
});
