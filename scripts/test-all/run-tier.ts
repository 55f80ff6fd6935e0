import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { TierResult } from './summary.ts';
import { type TapEvent, TapReader } from './tap-reader.ts';
import type { Tier } from './tiers.ts';

const marks: Readonly<Record<TapEvent['kind'], string>> = {
  passed: '  ✓ ',
  failed: '  ✗ ',
  skipped: '  - ',
  detail: '  ',
};

/** Runs a tier's npm script and shows its failures, and of a slow tier every test, as they come. */
export async function runTier({ name, script, isSlow }: Tier): Promise<TierResult> {
  const startedAt = performance.now();
  const reader = new TapReader();
  const child = spawn('npm', ['run', '--silent', script, '--', '--tap'], { stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = once(child, 'close');
  const other: string[] = [];
  for await (const line of createInterface({ input: child.stdout })) {
    const event = reader.read(line);
    show(event, isSlow);
    if (event === undefined && isWorthShowing(line)) {
      other.push(line);
    }
  }
  // `as`: 'close' of a child process gives its exit code, null after a signal.
  const [code] = (await ended) as [number | null];
  // What the script prints beside the tests: the coverage of the unit tier.
  for (const line of other) {
    console.log(line);
  }
  return resultOf(name, reader, code, performance.now() - startedAt);
}

/** Runs an npm script that is no test, with its output shown. */
export async function runScript(name: string): Promise<TierResult> {
  const startedAt = performance.now();
  const child = spawn('npm', ['run', '--silent', name], { stdio: ['ignore', 'inherit', 'inherit'] });
  // `as`: as above.
  const [code] = (await once(child, 'close')) as [number | null];
  return resultOf(name, new TapReader(), code, performance.now() - startedAt);
}

function show(event: TapEvent | undefined, isSlow: boolean): void {
  const isShown = event !== undefined && (isSlow || event.kind === 'failed' || event.kind === 'detail');
  if (isShown) {
    console.log(`${marks[event.kind]}${event.text}`);
  }
}

function isWorthShowing(line: string): boolean {
  return line !== '' && !/^(TAP version|\d+\.\.\d+|#|\s+(---|\.\.\.)$)/.test(line);
}

function resultOf(name: string, { counts }: TapReader, code: number | null, durationMs: number): TierResult {
  if (code === 0) {
    return { name, outcome: 'passed', counts, durationMs };
  }
  const reason = counts.failed > 0 ? undefined : `npm run ${name} ended with exit code ${code ?? 'none (a signal)'}`;
  return { name, outcome: 'failed', counts, durationMs, ...(reason === undefined ? {} : { reason }) };
}
