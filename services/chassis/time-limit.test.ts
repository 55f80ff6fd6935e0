import { getEventListeners } from 'node:events';
import test from 'ava';
import { withTimeLimit } from './time-limit.ts';

/** Ends when it is aborted, with the reason. */
const untilAborted = (signal: AbortSignal) =>
  new Promise<never>((_, reject) => {
    if (signal.aborted) reject(signal.reason);
    signal.addEventListener('abort', () => reject(signal.reason));
  });

test('work that takes longer is aborted, and what is done in time is not', async (t) => {
  await t.throwsAsync(withTimeLimit(5, undefined, untilAborted), { name: 'TimeoutError', message: /5 ms/ });
  t.is(await withTimeLimit(60_000, undefined, async () => 'done'), 'done');
});

test('whoever waits for the work may end it, also before it begins', async (t) => {
  const caller = new AbortController();
  const running = withTimeLimit(60_000, caller.signal, untilAborted);
  caller.abort(new Error('gone'));
  await t.throwsAsync(running, { message: 'gone' });
  await t.throwsAsync(withTimeLimit(60_000, caller.signal, untilAborted), { message: 'gone' });
});

test('nothing is left at the caller’s signal', async (t) => {
  const caller = new AbortController();
  await withTimeLimit(60_000, caller.signal, async () => t.is(getEventListeners(caller.signal, 'abort').length, 1));
  t.is(getEventListeners(caller.signal, 'abort').length, 0);
});
