import { setImmediate } from 'node:timers/promises';
import test from 'ava';
import { closedLoop, repeat } from './closed-loop.ts';

test('every operation of every loop is counted, and no more run at once than asked', async (t) => {
  let started = 0;
  let running = 0;
  let most = 0;
  const operation = async () => {
    started += 1;
    running += 1;
    most = Math.max(most, running);
    await setImmediate();
    running -= 1;
  };
  t.is(await closedLoop(operation, { inFlight: 8, durationMs: 300 }), started);
  t.is(most, 8);
});

test('repeat does exactly as many as asked', async (t) => {
  let done = 0;
  const operation = async () => {
    await setImmediate();
    done += 1;
  };
  t.is(await repeat(operation, { inFlight: 8, count: 100 }), 100);
  t.is(done, 100);
});

test('an operation that fails ends the loop', async (t) => {
  const failing = () => Promise.reject(new Error('refused'));
  await t.throwsAsync(closedLoop(failing, { inFlight: 2, durationMs: 10 }), { message: 'refused' });
});
