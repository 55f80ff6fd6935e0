import { type StdioOptions, spawn } from 'node:child_process';
import { createWriteStream } from 'node:fs';
import { delimiter } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { finished } from 'node:stream/promises';
import type { ExecOptions } from '../provider.ts';
import { endWithParent } from './parent-death.ts';

const shownErrorLines = 15;

/** How {@link run} starts a program. */
export interface RunOptions extends ExecOptions {
  /** The command as errors name it, when it is wrapped in others that are no business of the reader. */
  readonly shownAs?: readonly string[];
  /** The kernel ends the program when this process ends, however that happens (Linux). */
  readonly endsWithParent?: boolean;
  /** Also appends output and errors to this file. */
  readonly logPath?: string;
  /** Written to the standard input instead of `input`, for what is too large to hold. */
  readonly inputFrom?: Readable;
  /** Gives output and errors to this open file instead of collecting them: for programs that leave a daemon behind. */
  readonly outputTo?: number;
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
  const [file, ...args] = options.endsWithParent === true ? [...endWithParent(), ...argv] : argv;
  if (file === undefined) {
    throw new TypeError('run() needs at least the name of a program');
  }
  const shown = options.shownAs ?? argv;
  const child = spawn(file, args, {
    cwd: options.cwd,
    env: { ...process.env, PATH: searchPath(), ...options.env },
    stdio: stdioOf(options),
    signal: deadlineOf(options),
    killSignal: 'SIGKILL',
  });
  const stdout = collect(child.stdout, options);
  const stderr = collect(child.stderr, options);
  const ended = new Promise<{ exitCode: number | undefined; signal: string }>((resolve, reject) => {
    child.once('error', (error) => reject(explainFailure(shown, options, error)));
    child.once('close', (code, signal) =>
      resolve({ exitCode: code ?? undefined, signal: signal ?? 'an unknown signal' }),
    );
  });
  feed(child.stdin, options);
  const { exitCode, signal } = await ended;
  await Promise.all([stdout.done, stderr.done]);
  if (exitCode !== 0) {
    throw new ProgramError(shown, exitCode === undefined ? { signal } : { exitCode }, stderr.text() || stdout.text());
  }
  return stdout.text();
}

/** PATH with the directories of system programs (nft, ip), which a plain root shell may lack. */
export function searchPath(): string {
  const directories = (process.env['PATH'] ?? '').split(delimiter);
  const system = ['/usr/sbin', '/sbin'].filter((directory) => !directories.includes(directory));
  return [...directories, ...system].join(delimiter);
}

/** PATH for programs of the system: a package of npm may have put one of the same name (nft) before the real one. */
export function systemPath(): string {
  const directories = searchPath().split(delimiter);
  return directories.filter((directory) => !directory.endsWith('node_modules/.bin')).join(delimiter);
}

/** As {@link run}, for programs of the system. */
export function runSystem(argv: readonly string[], options: RunOptions = {}): Promise<string> {
  return run(argv, { ...options, env: { PATH: systemPath(), ...options.env } });
}

/** True when the program, one of the system's, runs and ends with exit code 0. */
export async function succeeds(argv: readonly string[], options: RunOptions = {}): Promise<boolean> {
  return runSystem(argv, options).then(
    () => true,
    () => false,
  );
}

function feed(stdin: Writable | null, { input, inputFrom }: RunOptions): void {
  // A program that closes its input early (EPIPE) tells the reason by its exit code.
  stdin?.on('error', () => inputFrom?.destroy());
  if (stdin !== null && inputFrom !== undefined) {
    inputFrom.once('error', (error) => stdin.destroy(error)).pipe(stdin);
  } else {
    stdin?.end(input ?? '');
  }
}

function stdioOf({ interactive, outputTo }: RunOptions): StdioOptions {
  if (outputTo !== undefined) {
    return ['ignore', outputTo, outputTo];
  }
  return interactive === true ? 'inherit' : 'pipe';
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
  stream.setEncoding('utf8');
  stream.on('data', (chunk: string) => chunks.push(chunk));
  if (onLine !== undefined) {
    // Splits whole lines, also the last one when it has no end.
    createInterface({ input: stream }).on('line', onLine);
  }
  const log = logPath === undefined ? undefined : stream.pipe(createWriteStream(logPath, { flags: 'a' }));
  return { text: () => chunks.join(''), done: log === undefined ? Promise.resolve() : finished(log) };
}
