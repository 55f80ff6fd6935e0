import { once } from 'node:events';
import test from 'ava';
import { deadline } from './deadline.ts';

test('it aborts when the time is up, by the name that callers look for', async (t) => {
  using limit = deadline(new AbortController().signal, 5);
  await once(limit.signal, 'abort');
  t.is(limit.signal.reason.name, 'TimeoutError');
});

test('it aborts with its parent and for its reason, also with one that is over', (t) => {
  const parent = new AbortController();
  using limit = deadline(parent.signal, 60_000);
  const reason = new Error('the operator stops');
  parent.abort(reason);
  t.is(limit.signal.reason, reason);
  using late = deadline(parent.signal, 60_000);
  t.is(late.signal.reason, reason);
});

test('disposed it has no timer, and no longer follows its parent', (t) => {
  const parent = new AbortController();
  const before = process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length;
  const limit = deadline(parent.signal, 60_000);
  limit[Symbol.dispose]();
  parent.abort();
  t.false(limit.signal.aborted);
  t.is(process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length, before);
});
