import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import test from 'ava';
import { ProgramError, run, succeeds } from './run.ts';

test('input goes in, output comes out', async (t) => {
  t.is(await run(['cat'], { input: 'hello' }), 'hello');
  t.is(await run(['cat'], { inputFrom: Readable.from(['from ', 'a stream']) }), 'from a stream');
});

test('a failure says what was run, how it ended and what it wrote to its errors', async (t) => {
  const error = await t.throwsAsync(run(['sh', '-c', 'echo out; echo bad >&2; exit 3']), { instanceOf: ProgramError });
  t.is(error.exitCode, 3);
  t.regex(error.message, /sh -c .* ended with exit code 3: bad/);
});

test('a program that does not exist is an error with its name', async (t) => {
  await t.throwsAsync(run(['no-such-program-here']), { message: /no-such-program-here did not run/ });
  t.false(await succeeds(['no-such-program-here']));
});

test('a program that takes too long is ended', async (t) => {
  await t.throwsAsync(run(['sleep', '60'], { timeoutMs: 50 }), { message: /sleep 60 did not end within 50 ms/ });
});

test('a program that does not read its input does not break the call', async (t) => {
  t.is(await run(['true'], { input: 'x'.repeat(1_000_000) }), '');
});

test('lines come one by one, also the last one without an end', async (t) => {
  const lines: string[] = [];
  await run(['printf', 'one\\ntwo\\nthree'], { onLine: (line) => lines.push(line) });
  t.deepEqual(lines, ['one', 'two', 'three']);
});

test('a log has output and errors', async (t) => {
  const directory = await mkdtemp(join(tmpdir(), 'run-'));
  t.teardown(() => rm(directory, { recursive: true }));
  const logPath = join(directory, 'log');
  await run(['sh', '-c', 'echo out; echo err >&2'], { logPath });
  const log = await readFile(logPath, 'utf8');
  t.true(log.includes('out\n') && log.includes('err\n'));
});
