import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';

/** 64 guessers in a process of their own: what they do is no work of the one that measures how long others wait. */
export class Guessers implements AsyncDisposable {
  readonly #child: ChildProcess;

  /** They guess at the service at this address. */
  constructor(url: string) {
    this.#child = fork(join(import.meta.dirname, 'guesser-process.ts'), [url]);
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  /** Guesses for so long and resolves with how often which status was the answer. */
  async guess(durationMs: number): Promise<Readonly<Record<string, number>>> {
    const told = once(this.#child, 'message');
    this.#child.send(durationMs);
    const [counts] = await told;
    return counts;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const ended = once(this.#child, 'exit');
    this.#child.kill();
    await ended;
  }
}
