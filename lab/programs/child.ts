import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync } from 'node:fs';
import { tailOf } from '../log-tail.ts';
import { endWithParent } from './parent-death.ts';

const shownLogLines = 20;

/** A program that runs as long as this process does. */
export interface ChildProgram {
  readonly name: string;
  /** The program's path and its arguments. */
  readonly argv: readonly [string, ...string[]];
  readonly cwd: string;
  /** Output and errors are appended here. */
  readonly logPath: string;
}

/** A started program: it can be killed and started again with the same arguments, and it ends with this process. */
export class Child {
  readonly #program: ChildProgram;
  #process: ChildProcess | undefined;

  constructor(program: ChildProgram) {
    this.#program = program;
  }

  get name(): string {
    return this.#program.name;
  }

  /** Undefined while the program does not run. */
  get pid(): number | undefined {
    return this.#process?.pid;
  }

  /** Starts the program; does nothing when it runs already. */
  start(): void {
    if (this.#process !== undefined) {
      return;
    }
    const { argv, cwd, logPath } = this.#program;
    const log = openSync(logPath, 'a');
    const [file = argv[0], ...args] = [...endWithParent(), ...argv];
    const child = spawn(file, args, {
      cwd,
      stdio: ['ignore', log, log],
      // Two threads are enough for a cluster of one user, and keep the garbage of each program small.
      env: { ...process.env, GOMAXPROCS: '2' },
    });
    closeSync(log);
    child.unref();
    child.once('exit', () => {
      this.#process = undefined;
    });
    child.once('error', () => {
      this.#process = undefined;
    });
    this.#process = child;
  }

  /** Sends a signal; does nothing when the program does not run. */
  signal(signal: NodeJS.Signals): void {
    this.#process?.kill(signal);
  }

  /** Ends the program and resolves when it is gone. */
  async stop(signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
    const child = this.#process;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) {
      return;
    }
    const gone = once(child, 'exit');
    child.ref();
    child.kill(signal);
    // A paused program sees no signal but SIGKILL before it goes on.
    child.kill('SIGCONT');
    await gone;
  }

  /** The end of the log, for error messages. */
  logTail(): Promise<string> {
    return tailOf(this.#program.logPath, shownLogLines);
  }
}
