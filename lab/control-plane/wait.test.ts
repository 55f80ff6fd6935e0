import test from 'ava';
import { FatalWaitError, waitFor } from './wait.ts';

test('a wait ends with the first value that is neither undefined nor false', async (t) => {
  const answers = [undefined, false, 'ready'] as const;
  let index = 0;
  const result = await waitFor('it', async () => answers[index++], { timeoutMs: 1_000, intervalMs: 1 });
  t.is(result, 'ready');
});

test('a wait that takes too long says what for, why, and the last error', async (t) => {
  const failing = waitFor('the tea', () => Promise.reject(new Error('no water')), {
    timeoutMs: 5,
    intervalMs: 1,
    explain: () => 'the kettle is empty',
  });
  const error = await t.throwsAsync(failing, { message: 'the tea: not within 0.005 s: the kettle is empty' });
  t.is(error.cause instanceof Error && error.cause.message, 'no water');
});

test('a wait that cannot end well ends at once', async (t) => {
  const hopeless = waitFor('it', () => Promise.reject(new FatalWaitError('it ended')), { timeoutMs: 60_000 });
  await t.throwsAsync(hopeless, { message: 'it ended' });
});
