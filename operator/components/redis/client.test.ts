import { setImmediate as nextTurn } from 'node:timers/promises';
import test from 'ava';
import { findFreePort } from '#lab/programs/ports.ts';
import { converse } from './client.ts';

test('a node that refuses the connection leaves no timer behind', async (t) => {
  const port = await findFreePort();
  const target = { key: 'uid', host: '127.0.0.1', port };
  const login = { username: 'default', password: 'secret' };
  const before = timers();
  const refused = converse(target, login, [['PING']], { signal: new AbortController().signal });
  await t.throwsAsync(refused, { name: 'NodeSilentError', message: /ECONNREFUSED/ });
  await nextTurn();
  t.is(timers(), before);
});

function timers(): number {
  return process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length;
}
