import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { TierResult } from './summary.ts';
import { type TestEvent, TestReader } from './test-reader.ts';
import type { Tier } from './tiers.ts';

const marks: Readonly<Record<TestEvent['kind'], string>> = {
  passed: '  ✓ ',
  failed: '  ✗ ',
  skipped: '  - ',
  detail: '',
};

/**
 * Runs a tier's npm script and shows its failures, and of a slow tier every test, as they come. A tier that does not
 * come to its end (a test process that spins answers to nobody) is ended, so that the others still run.
 */
export async function runTier({ name, script, isSlow, limitMinutes }: Tier): Promise<TierResult> {
  const startedAt = performance.now();
  const reader = new TestReader();
  // In a process group of its own, so that all of it can be ended.
  const child = spawn('npm', ['run', '--silent', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, NO_COLOR: '1', FORCE_COLOR: '0' },
    detached: true,
  });
  const ended = once(child, 'close');
  const limit = limitTime(child, limitMinutes);
  for await (const line of createInterface({ input: child.stdout })) {
    show(reader.read(line), isSlow);
  }
  // `as`: 'close' of a child process gives its exit code, null after a signal.
  const [code] = (await ended) as [number | null];
  const isOverTime = limit.stop();
  const result = resultOf(name, reader, code, performance.now() - startedAt);
  return isOverTime ? { ...result, reason: `did not end within ${limitMinutes} minutes` } : result;
}

/** Between the request to end and the end, milliseconds. */
const lastWordsMs = 20_000;

/** Kills the group of a process after the time, and tells at `stop` whether it did; dies with Ctrl-C as before. */
function limitTime(child: ChildProcess, minutes: number): { stop(): boolean } {
  let isOver = false;
  const kill = (signal: NodeJS.Signals) => {
    try {
      process.kill(-(child.pid ?? Number.NaN), signal);
    } catch {
      // Nothing of it runs any more.
    }
  };
  const onInterrupt = () => {
    kill('SIGTERM');
    process.exit(130);
  };
  process.once('SIGINT', onInterrupt).once('SIGTERM', onInterrupt);
  let timer = setTimeout(() => {
    isOver = true;
    // At this signal ava tells which tests are still running.
    kill('SIGINT');
    timer = setTimeout(() => kill('SIGKILL'), lastWordsMs);
  }, minutes * 60_000);
  return {
    stop() {
      clearTimeout(timer);
      process.off('SIGINT', onInterrupt).off('SIGTERM', onInterrupt);
      return isOver;
    },
  };
}

/** Runs an npm script that is no test, with its output shown. */
export async function runScript(name: string): Promise<TierResult> {
  const startedAt = performance.now();
  const child = spawn('npm', ['run', '--silent', name], { stdio: ['ignore', 'inherit', 'inherit'] });
  // `as`: as above.
  const [code] = (await once(child, 'close')) as [number | null];
  return resultOf(name, new TestReader(), code, performance.now() - startedAt);
}

function show(event: TestEvent | undefined, isSlow: boolean): void {
  if (event !== undefined && (isSlow || event.kind !== 'passed')) {
    const clock = event.kind === 'detail' ? '' : `${sinceStart()} `;
    console.log(`${marks[event.kind]}${clock}${event.text}`);
  }
}

/** Minutes and seconds since the run began: a run that was cut off shows where its time went. */
export function sinceStart(): string {
  const seconds = Math.floor(performance.now() / 1000);
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`;
}

function resultOf(name: string, { counts, failures }: TestReader, code: number | null, durationMs: number): TierResult {
  if (code === 0) {
    return { name, outcome: 'passed', counts, failures, durationMs };
  }
  const reason = counts.failed > 0 ? undefined : `npm run ${name} ended with exit code ${code ?? 'none (a signal)'}`;
  return { name, outcome: 'failed', counts, failures, durationMs, ...(reason === undefined ? {} : { reason }) };
}
