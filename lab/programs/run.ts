import { spawn } from 'node:child_process';
import { createWriteStream } from 'node:fs';
import { finished } from 'node:stream/promises';
import type { ExecOptions } from '../provider.ts';

const shownErrorLines = 15;

/** How {@link run} starts a program. */
export interface RunOptions extends ExecOptions {
  /** Also appends output and errors to this file. */
  readonly logPath?: string;
}

/** A program that ended with another exit code than 0, or by a signal. */
export class ProgramError extends Error {
  override readonly name = 'ProgramError';
  readonly argv: readonly string[];
  /** Undefined when a signal ended the program. */
  readonly exitCode: number | undefined;
  readonly stderr: string;

  constructor(argv: readonly string[], end: { readonly exitCode?: number; readonly signal?: string }, stderr: string) {
    const how = end.exitCode === undefined ? `was ended by ${end.signal}` : `ended with exit code ${end.exitCode}`;
    const told = stderr.trim().split('\n').slice(-shownErrorLines).join('\n');
    super(`${argv.join(' ')} ${how}${told === '' ? ', without a word' : `: ${told}`}`);
    this.argv = argv;
    this.exitCode = end.exitCode;
    this.stderr = stderr;
  }
}

/** Runs a program to its end; resolves with its output and rejects with a {@link ProgramError} that carries its errors. */
export async function run(argv: readonly string[], options: RunOptions = {}): Promise<string> {
  const [file, ...args] = argv;
  if (file === undefined) {
    throw new TypeError('run() needs at least the name of a program');
  }
  const child = spawn(file, args, {
    cwd: options.cwd,
    env: options.env === undefined ? process.env : { ...process.env, ...options.env },
    stdio: options.interactive === true ? 'inherit' : 'pipe',
    signal: deadlineOf(options),
    killSignal: 'SIGKILL',
  });
  const stdout = collect(child.stdout, options);
  const stderr = collect(child.stderr, options);
  const ended = new Promise<{ exitCode: number | undefined; signal: string }>((resolve, reject) => {
    child.once('error', (error) => reject(explainFailure(argv, options, error)));
    child.once('close', (code, signal) =>
      resolve({ exitCode: code ?? undefined, signal: signal ?? 'an unknown signal' }),
    );
  });
  // A program that closes its input early (EPIPE) tells the reason by its exit code.
  child.stdin?.on('error', () => undefined);
  child.stdin?.end(options.input ?? '');
  const { exitCode, signal } = await ended;
  await Promise.all([stdout.done, stderr.done]);
  if (exitCode !== 0) {
    throw new ProgramError(argv, exitCode === undefined ? { signal } : { exitCode }, stderr.text() || stdout.text());
  }
  return stdout.text();
}

/** True when the program runs and ends with exit code 0. */
export async function succeeds(argv: readonly string[], options: RunOptions = {}): Promise<boolean> {
  return run(argv, options).then(
    () => true,
    () => false,
  );
}

function explainFailure(argv: readonly string[], { timeoutMs }: RunOptions, error: Error): Error {
  const isLate = error.cause instanceof DOMException && error.cause.name === 'TimeoutError';
  const why = isLate ? `did not end within ${timeoutMs} ms` : `did not run: ${error.message}`;
  return new Error(`${argv.join(' ')} ${why}`, { cause: error });
}

function deadlineOf({ timeoutMs, signal }: RunOptions): AbortSignal | undefined {
  const deadline = timeoutMs === undefined ? undefined : AbortSignal.timeout(timeoutMs);
  return deadline === undefined || signal === undefined ? (deadline ?? signal) : AbortSignal.any([deadline, signal]);
}

function collect(stream: NodeJS.ReadableStream | null, { onLine, logPath }: RunOptions) {
  const chunks: string[] = [];
  if (stream === null) {
    return { text: () => '', done: Promise.resolve() };
  }
  let partial = '';
  stream.setEncoding('utf8');
  stream.on('data', (chunk: string) => {
    chunks.push(chunk);
    if (onLine !== undefined) {
      const lines = (partial + chunk).split('\n');
      partial = lines.pop() ?? '';
      lines.forEach(onLine);
    }
  });
  const log = logPath === undefined ? undefined : stream.pipe(createWriteStream(logPath, { flags: 'a' }));
  return { text: () => chunks.join(''), done: log === undefined ? Promise.resolve() : finished(log) };
}
