import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import test from 'ava';
import { withLock } from './lock.ts';

test('work under one name never overlaps, and whoever waits is told', async (t) => {
  let running = 0;
  let most = 0;
  let waited = 0;
  const work = async () => {
    running += 1;
    most = Math.max(most, running);
    await new Promise((resolve) => setImmediate(resolve));
    running -= 1;
  };
  const name = `test ${process.pid} overlap`;
  await Promise.all(Array.from({ length: 5 }, () => withLock(name, work, () => (waited += 1))));
  t.is(most, 1);
  t.is(waited, 4);
});

test('work that fails gives the lock back', async (t) => {
  const name = `test ${process.pid} failure`;
  await t.throwsAsync(
    withLock(name, () => Promise.reject(new Error('broken'))),
    { message: 'broken' },
  );
  t.is(await withLock(name, async () => 'next'), 'next');
});

test('a killed holder gives the lock to whoever waits', async (t) => {
  const name = `test ${process.pid} killed`;
  const script = `
    const { withLock } = await import(${JSON.stringify(join(import.meta.dirname, 'lock.ts'))});
    await withLock(${JSON.stringify(name)}, () => { process.stdout.write('held'); return new Promise(() => setInterval(() => {}, 1000)); });`;
  const holder = spawn(process.execPath, ['--input-type=module', '--eval', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  t.teardown(() => holder.kill('SIGKILL'));
  await once(holder.stdout, 'data');
  const result = await withLock(
    name,
    async () => 'mine',
    () => holder.kill('SIGKILL'),
  );
  t.is(result, 'mine');
});
