import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { Environment } from '#chassis/config/settings.ts';
import { FatalWaitError, waitFor } from '../../../lab/control-plane/wait.ts';

/** What is started. */
export interface NodeStart {
  /** For messages. */
  readonly name: string;
  /** Flags of Node, the file, its arguments. */
  readonly words: readonly string[];
  readonly directory?: string;
  readonly environment?: Environment;
}

/** A server as a process of its own. */
export interface NodeProgram extends AsyncDisposable {
  readonly pid: number;
  readonly ports: Ports;
  /** Its last lines. */
  readonly lines: readonly string[];
  /** Throws away what it writes from now on: a line for each request is not worth the CPU time of whoever measures. */
  discardOutput(): void;
}

/** Of the line with which it tells that it listens. */
export interface Ports {
  readonly port: number;
  readonly adminPort?: number;
}

const startTimeoutMs = 60_000;
const keptLines = 30;

/** Starts a program; resolves once it has written `{"msg":"listening","port":…}`. It is killed at the end. */
export async function startNode({ name, words, directory = '.', environment = {} }: NodeStart): Promise<NodeProgram> {
  const child = spawn(process.execPath, [...words], {
    cwd: directory,
    env: { PATH: process.env['PATH'], NODE_ENV: 'production', ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const { lines, discard } = keepLines(child);
  try {
    const ports = await waitFor(`${name} listens`, () => readPorts(child, lines), {
      timeoutMs: startTimeoutMs,
      intervalMs: 20,
      explain: () => lines.join('\n'),
    });
    return {
      pid: child.pid ?? 0,
      ports,
      lines,
      discardOutput: discard,
      [Symbol.asyncDispose]: () => kill(child),
    };
  } catch (error) {
    await kill(child);
    throw error;
  }
}

async function readPorts(child: ChildProcess, lines: readonly string[]): Promise<Ports | undefined> {
  if (child.exitCode !== null) {
    throw new FatalWaitError(`it ended with code ${child.exitCode}:\n${lines.join('\n')}`);
  }
  const line = lines.find((one) => one.includes('"msg":"listening"'));
  // `as`: a line of the service's own logger.
  return line === undefined ? undefined : (JSON.parse(line) as Ports);
}

interface Output {
  readonly lines: readonly string[];
  discard(): void;
}

/** The last lines of a child, which must always be read, or it would block. */
function keepLines({ stdout, stderr }: ChildProcess): Output {
  const lines: string[] = [];
  const streams = [stdout, stderr].filter((stream) => stream !== null);
  const readers = streams.map((input) =>
    createInterface({ input }).on('line', (line) => {
      lines.push(line);
      lines.splice(0, lines.length - keptLines);
    }),
  );
  return {
    lines,
    discard: () => {
      for (const reader of readers) reader.close();
      for (const stream of streams) stream.resume();
    },
  };
}

async function kill(child: ChildProcess): Promise<void> {
  if (child.exitCode === null && child.signalCode === null) {
    child.kill('SIGKILL');
    await once(child, 'exit');
  }
}
