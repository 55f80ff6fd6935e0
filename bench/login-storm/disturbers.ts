import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';

/** What they did since they had their first answer. */
export interface Disturbance {
  /** How often, by kind. */
  readonly counts: Readonly<Record<string, number>>;
  readonly tookMs: number;
}

/** A process of its own: what it does is no work of the one that measures how long others wait. */
export class Disturbers implements AsyncDisposable {
  readonly #child: ChildProcess;

  private constructor(program: string, args: readonly string[]) {
    this.#child = fork(join(import.meta.dirname, program), [...args]);
  }

  /** 64 guessers of passwords at the service at this address. */
  static guessers(url: string): Disturbers {
    return new Disturbers('guesser-process.ts', [url]);
  }

  /** One that hashes and asks nobody: what a flood of sign-ins takes of the machine, whatever the service does. */
  static hasher(): Disturbers {
    return new Disturbers('hasher-process.ts', []);
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  /** Resolves once they are at work: they go on for so long, and for what has begun then. */
  async begin(durationMs: number): Promise<{ readonly ended: Promise<Disturbance> }> {
    const begun = once(this.#child, 'message');
    this.#child.send(durationMs);
    await begun;
    return { ended: once(this.#child, 'message').then(([disturbance]) => disturbance) };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const ended = once(this.#child, 'exit');
    this.#child.kill();
    await ended;
  }
}
