import { setTimeout as delay } from 'node:timers/promises';
import type { ShopClient } from './shop-client.ts';

/** Enough to meet every moment, and no load of its own. */
const pauseMs = 25;

/** Reads the shop like a visitor, again and again until `stop`, and notes what went wrong. */
export class ShopReader {
  readonly #client: ShopClient;
  readonly #path: string;
  readonly #failures: string[] = [];
  readonly #running: Promise<void>;
  #reads = 0;
  #isStopped = false;

  constructor(client: ShopClient, path: string) {
    this.#client = client;
    this.#path = path;
    this.#running = this.#run();
  }

  async stop(): Promise<{ readonly reads: number; readonly failures: readonly string[] }> {
    this.#isStopped = true;
    await this.#running;
    return { reads: this.#reads, failures: this.#failures };
  }

  async #run(): Promise<void> {
    while (!this.#isStopped) {
      this.#reads += 1;
      try {
        const { status, body } = await this.#client.get(this.#path);
        if (status !== 200) {
          this.#failures.push(`${status} ${JSON.stringify(body)}`);
        }
      } catch (error) {
        this.#failures.push(describeFailure(error));
      }
      await delay(pauseMs);
    }
  }
}

/** `fetch` says only that it failed; its cause says why. */
export function describeFailure(error: unknown): string {
  const cause = error instanceof Error && error.cause !== undefined ? `: ${String(error.cause)}` : '';
  return `${String(error)}${cause}`;
}
