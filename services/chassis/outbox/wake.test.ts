import { getEventListeners } from 'node:events';
import test from 'ava';
import { Wake } from './wake.ts';

const never = new AbortController().signal;
/** Longer than the tier's time limit: a wait that nothing ends fails the test. */
const longMs = 120_000;

test('a call ends the wait that runs, and one that came before ends the next', async (t) => {
  const wake = new Wake();
  const running = wake.wait(longMs, never);
  wake.call();
  await running;
  wake.call();
  wake.call();
  await wake.wait(longMs, never);
  let isOver = false;
  const next = wake.wait(longMs, never).then(() => {
    isOver = true;
  });
  await Promise.resolve();
  t.false(isOver, 'two calls are one');
  wake.call();
  await next;
  t.true(isOver);
});

test('a wait ends by itself, or with its signal, and leaves no listener', async (t) => {
  const wake = new Wake();
  const stop = new AbortController();
  await wake.wait(1, stop.signal);
  const running = wake.wait(longMs, stop.signal);
  stop.abort();
  await running;
  await wake.wait(longMs, stop.signal);
  t.is(getEventListeners(stop.signal, 'abort').length, 0);
});
