import { waitFor } from '../../lab/control-plane/wait.ts';
import type { ShopClient } from './shop-client.ts';
import { describeFailure } from './shop-reader.ts';

/** What a writer saw while something was killed. */
export interface WriteRecord {
  /** Numbers of the products whose creation was answered with 201. */
  readonly acknowledged: readonly number[];
  readonly attempts: number;
  /** Requests that got no answer, or one that says the shop does not work; a rate limit's is none of them. */
  readonly failures: readonly string[];
  /** Longest time between two acknowledged writes, milliseconds. */
  readonly longestGapMs: number;
}

/** Adds products one after another until `stop`; a failed write is tried again with the same number. */
export class ShopWriter {
  readonly #client: ShopClient;
  readonly #first: number;
  readonly #acknowledged: number[] = [];
  readonly #failures: string[] = [];
  readonly #running: Promise<void>;
  #attempts = 0;
  #longestGapMs = 0;
  #stopped = false;

  constructor(client: ShopClient, first: number) {
    this.#client = client;
    this.#first = first;
    this.#running = this.#run();
  }

  get acknowledged(): number {
    return this.#acknowledged.length;
  }

  async stop(): Promise<WriteRecord> {
    this.#stopped = true;
    await this.#running;
    return {
      acknowledged: this.#acknowledged,
      attempts: this.#attempts,
      failures: this.#failures,
      longestGapMs: Math.round(this.#longestGapMs),
    };
  }

  async #run(): Promise<void> {
    let last = performance.now();
    for (let number = this.#first; !this.#stopped; ) {
      this.#attempts += 1;
      const status = await this.#client.addProduct(number).then(
        ({ status: answered, body }) => {
          if (answered >= 500) {
            this.#failures.push(`${number}: ${answered} ${JSON.stringify(body)}`);
          }
          return answered;
        },
        (error: unknown) => {
          this.#failures.push(`${number}: ${describeFailure(error)}`);
          return 0;
        },
      );
      // 409: an earlier attempt was stored although its answer was lost; the product is there.
      if (status === 201 || status === 409) {
        this.#longestGapMs = Math.max(this.#longestGapMs, performance.now() - last);
        last = performance.now();
        this.#acknowledged.push(number);
        number += 1;
      }
    }
  }
}

/** Numbers whose product is gone. An answer that says neither yes nor no (the rate limit's) is asked for again. */
export async function findLost(client: ShopClient, numbers: readonly number[]): Promise<readonly number[]> {
  const lost: number[] = [];
  for (const number of numbers) {
    const status = await waitFor(
      `an answer for product ${number}`,
      async () => {
        const answer = await client.get(`/api/v1/products/test-product-${number}`);
        return [200, 404].includes(answer.status) ? answer.status : undefined;
      },
      { timeoutMs: 30_000 },
    );
    if (status === 404) {
      lost.push(number);
    }
  }
  return lost;
}
