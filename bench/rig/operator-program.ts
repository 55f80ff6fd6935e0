import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { FatalWaitError, waitFor } from '../../lab/control-plane/wait.ts';
import { findFreePorts } from '../../lab/programs/ports.ts';
import type { Environment } from './pod-identity.ts';

/** How the operator is run. */
export interface OperatorProgramOptions {
  /** Variables that say who it is at the API server: a kubeconfig, or what a pod has. */
  readonly identity: Environment;
  /** Flags of Node. */
  readonly flags?: readonly string[];
  /** Further variables. */
  readonly environment?: Environment;
  /** Directory and file to start; the sources of this checkout when absent. */
  readonly program?: { readonly directory: string; readonly entry: string };
}

/** The operator as a process of its own. */
export interface OperatorProgram extends AsyncDisposable {
  readonly pid: number;
  /** How long it took from its start until its caches were in sync, milliseconds. */
  readonly readyMs: number;
  /** Resolves with the next line of its output that is JSON with this `msg`. */
  nextLine(msg: string): Promise<Readonly<Record<string, unknown>>>;
  /** Value of the series of a metric with these labels; `undefined` when there is none. */
  metric(name: string, labels: Readonly<Record<string, string>>): Promise<number | undefined>;
  /** SIGKILL; resolves when it is gone. */
  kill(): Promise<void>;
}

const startTimeoutMs = 60_000;

/** Starts the operator; resolves when its caches are in sync. */
export async function startOperatorProgram(options: OperatorProgramOptions): Promise<OperatorProgram> {
  const startedAt = performance.now();
  const [metricsPort = 0, probesPort = 0] = await findFreePorts(2);
  const { directory, entry } = options.program ?? { directory: '.', entry: 'operator/main.ts' };
  const child = spawn(process.execPath, [...(options.flags ?? []), entry], {
    cwd: directory,
    env: {
      ...process.env,
      ...options.environment,
      ...options.identity,
      OPERATOR_METRICS_PORT: String(metricsPort),
      OPERATOR_PROBES_PORT: String(probesPort),
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const output = new Output(child);
  try {
    await waitFor('the operator is ready', () => isReady(child, probesPort, output), {
      timeoutMs: startTimeoutMs,
      intervalMs: 20,
      explain: () => output.tail(),
    });
  } catch (error) {
    await kill(child);
    throw error;
  }
  return {
    pid: child.pid ?? 0,
    readyMs: performance.now() - startedAt,
    nextLine: (msg) => output.next(msg),
    metric: (name, labels) => readMetric(metricsPort, name, labels),
    kill: () => kill(child),
    [Symbol.asyncDispose]: () => kill(child),
  };
}

async function isReady(child: ChildProcess, port: number, output: Output): Promise<boolean> {
  if (child.exitCode !== null) {
    throw new FatalWaitError(`the operator ended with code ${child.exitCode}:\n${output.tail()}`);
  }
  return (await fetch(`http://127.0.0.1:${port}/readyz`)).ok;
}

async function readMetric(
  port: number,
  name: string,
  labels: Readonly<Record<string, string>>,
): Promise<number | undefined> {
  const text = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
  const hasLabels = (line: string) =>
    Object.entries(labels).every(([key, value]) => line.includes(`${key}="${value}"`));
  const line = text.split('\n').find((one) => one.startsWith(name) && hasLabels(one));
  return line === undefined ? undefined : Number(line.slice(line.lastIndexOf(' ') + 1));
}

async function kill(child: ChildProcess): Promise<void> {
  if (child.exitCode === null && child.signalCode === null) {
    child.kill('SIGKILL');
    await once(child, 'exit');
  }
}

const keptLines = 30;

/** Reads what a child writes, line by line; must always read, or the child would block. */
class Output {
  readonly #recent: string[] = [];
  readonly #waiting = new Map<string, ((line: Readonly<Record<string, unknown>>) => void)[]>();

  constructor({ stdout, stderr }: ChildProcess) {
    for (const stream of [stdout, stderr]) {
      if (stream !== null) {
        createInterface(stream).on('line', (line) => this.#take(line));
      }
    }
  }

  next(msg: string): Promise<Readonly<Record<string, unknown>>> {
    return new Promise((resolve) => {
      this.#waiting.set(msg, [...(this.#waiting.get(msg) ?? []), resolve]);
    });
  }

  tail(): string {
    return this.#recent.join('\n');
  }

  #take(line: string): void {
    this.#recent.push(line);
    this.#recent.splice(0, this.#recent.length - keptLines);
    const msg = /"msg":"([^"]*)"/.exec(line)?.[1] ?? '';
    const waiting = this.#waiting.get(msg) ?? [];
    this.#waiting.delete(msg);
    for (const resolve of waiting) {
      // A line with such a field is one of the logger's, which are JSON objects.
      resolve(JSON.parse(line) as Readonly<Record<string, unknown>>);
    }
  }
}
