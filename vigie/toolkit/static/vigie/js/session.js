// A session ends by itself. Two minutes before, the reader is told and may go on (WCAG 2.2.1); other tabs may have done so already.
import { post, say, text } from './dom.js';
import { ask } from './layers.js';

const { sessionLeft, sessionUrl } = document.body.dataset;
const EARLY = 120;
let timer, deadline, asking = false;

function plan(left) {
  deadline = Date.now() + left * 1000;
  clearTimeout(timer);
  timer = setTimeout(warn, Math.max(0, (left - EARLY) * 1000));
}

async function left(asked) {
  const answer = await asked;
  if (answer.redirected || !answer.ok) throw new Error('signed out');
  return (await answer.json()).left;
}

async function warn() {
  if (asking) return;
  asking = true;
  try {
    const now = await left(fetch(sessionUrl, { headers: { Accept: 'application/json' } }));
    if (now > EARLY + 5) plan(now);
    else if (await ask({ confirmText: text('sessionKept'), confirmYes: text('sessionStay') }, text('sessionEnds'))) {
      plan(await left(post(sessionUrl, {})));
    }
  } catch { say(text('draftSignedOut')); }
  asking = false;
}

if (sessionUrl) {
  plan(Number(sessionLeft));
  // A machine that slept wakes late: look at the clock again.
  document.addEventListener('visibilitychange', () => { if (!document.hidden && Date.now() > deadline - EARLY * 1000) warn(); });
}
