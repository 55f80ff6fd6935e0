import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import test, { type ExecutionContext } from 'ava';

/** A process that logs without end and answers `alive` on its other output every 20 ms. */
function startTalker(t: ExecutionContext, code: string): ChildProcess {
  const program = `
    import { createLogger } from ${JSON.stringify(join(import.meta.dirname, 'logger.ts'))};
    const logger = createLogger({ service: 'product', version: '1', level: 'info' });
    setInterval(() => console.error('alive'), 20);
    process.once('SIGTERM', () => process.exit(7));
    ${code}`;
  const talker = spawn(process.execPath, ['--input-type=module', '--eval', program], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  t.teardown(() => talker.kill('SIGKILL'));
  return talker;
}

/** Resolves when it has shown so often that its event loop runs. */
async function signsOfLife(talker: ChildProcess, count: number): Promise<void> {
  let seen = 0;
  for await (const line of createInterface({ input: talker.stderr ?? process.stdin })) {
    seen += line === 'alive' ? 1 : 0;
    if (seen === count) return;
  }
  throw new Error(`it ended after ${seen} signs of life`);
}

async function exitCodeAfter(talker: ChildProcess, signal: NodeJS.Signals): Promise<unknown> {
  const ended = once(talker, 'exit');
  talker.kill(signal);
  return (await ended)[0];
}

test('a process whose log nobody reads any more goes on and stops when it is told to', async (t) => {
  const talker = startTalker(t, `setInterval(() => logger.warn('a warning'), 10);`);
  await once(talker.stdout ?? process.stdin, 'data');
  talker.stdout?.destroy();
  await signsOfLife(talker, 20);
  t.is(await exitCodeAfter(talker, 'SIGTERM'), 7);
});

test('a reader who stops for a while holds nothing up for long, and reads whole lines again afterwards', async (t) => {
  const talker = startTalker(t, `setInterval(() => logger.warn({ filler: 'x'.repeat(20_000) }, 'a warning'), 1);`);
  const output = talker.stdout ?? process.stdin;
  await once(output, 'data');
  output.pause();
  await signsOfLife(talker, 40);
  let last = '';
  let whole = 0;
  output.on('data', (chunk: Buffer) => {
    const lines = (last + chunk.toString()).split('\n');
    last = lines.pop() ?? '';
    whole += lines.filter((line) => /^\{.*"msg":"a warning"\}$/.test(line)).length;
  });
  output.resume();
  await signsOfLife(talker, 40);
  t.true(whole > 10, `${whole} whole lines`);
  t.is(await exitCodeAfter(talker, 'SIGTERM'), 7);
});
