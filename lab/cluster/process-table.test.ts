import { spawn } from 'node:child_process';
import { once } from 'node:events';
import test from 'ava';
import { isAlive, listProcesses, parseStat, readProcess, signalProcess } from './process-table.ts';

const isLinux = process.platform === 'linux';
const onLinux = isLinux ? test : test.skip;

test('the fields of a process are found behind any program name', (t) => {
  const fields = Array.from({ length: 48 }, (_, index) => String(index + 4));
  const stat = `42 (a ) b (c) S ${fields.join(' ')}`;
  t.deepEqual(parseStat(stat), { startTime: '22', residentBytes: 24 * 4096, isEnded: false });
});

test('a process that has ended but was not waited for counts as ended', (t) => {
  t.true(parseStat('42 (sh) Z 1 2 3').isEnded);
});

onLinux('this process is in the table with its arguments', async (t) => {
  const found = (await listProcesses()).find(({ pid }) => pid === process.pid);
  t.is(found?.argv[0], (await readProcess(process.pid))?.argv[0]);
  t.true((found?.residentBytes ?? 0) > 1_000_000);
});

onLinux('a signal reaches the process and never a later one with its id', async (t) => {
  const child = spawn('sleep', ['60']);
  t.teardown(() => child.kill('SIGKILL'));
  await once(child, 'spawn');
  const entry = await readProcess(child.pid ?? 0);
  if (entry === undefined) {
    throw new Error('the child is not in the process table');
  }
  await signalProcess({ ...entry, startTime: '1' }, 'SIGKILL');
  t.true(await isAlive(entry));
  const ended = once(child, 'exit');
  await signalProcess(entry, 'SIGKILL');
  t.deepEqual(await ended, [null, 'SIGKILL']);
  t.false(await isAlive(entry));
  await t.notThrowsAsync(signalProcess(entry, 'SIGKILL'));
});
