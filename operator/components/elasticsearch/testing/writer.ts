import { setTimeout as delay } from 'node:timers/promises';

/** What a writer came to. */
export interface Written {
  /** Ids whose storage was acknowledged. */
  readonly acknowledged: readonly number[];
  readonly attempts: number;
  /** Longest time between two acknowledgements. */
  readonly longestGapMs: number;
}

const batchSize = 10;
/** As the services ask: a node that is gone without a word must not hold a writer longer. */
const requestTimeoutMs = 2000;

/** Writes numbered documents in bulk, to whichever node answers, until it is stopped. */
export class BulkWriter {
  readonly #urls: () => readonly string[];
  readonly #index: string;
  readonly #done: Promise<void>;
  readonly #acknowledged: number[] = [];
  #attempts = 0;
  #longestGapMs = 0;
  #gapMs = 0;
  #last = performance.now();
  #isStopped = false;

  private constructor(urls: () => readonly string[], index: string) {
    this.#urls = urls;
    this.#index = index;
    this.#done = this.#write();
  }

  /** `urls` is asked before each request: pods change their addresses. */
  static start(urls: () => readonly string[], index: string): BulkWriter {
    return new BulkWriter(urls, index);
  }

  get acknowledged(): number {
    return this.#acknowledged.length;
  }

  /** Longest time between two acknowledgements since it was asked last, milliseconds. */
  takeLongestGapMs(): number {
    const gapMs = Math.round(Math.max(this.#gapMs, performance.now() - this.#last));
    this.#gapMs = 0;
    return gapMs;
  }

  async stop(): Promise<Written> {
    this.#isStopped = true;
    await this.#done;
    return { acknowledged: this.#acknowledged, attempts: this.#attempts, longestGapMs: this.#longestGapMs };
  }

  async #write(): Promise<void> {
    this.#last = performance.now();
    for (let id = 0; !this.#isStopped; id += batchSize) {
      const ids = Array.from({ length: batchSize }, (_, offset) => id + offset);
      const stored = await this.#send(ids, id / batchSize);
      this.#attempts += batchSize;
      if (stored.length > 0) {
        const now = performance.now();
        this.#gapMs = Math.max(this.#gapMs, now - this.#last);
        this.#longestGapMs = Math.max(this.#longestGapMs, Math.round(now - this.#last));
        this.#last = now;
        this.#acknowledged.push(...stored);
      }
      await delay(20);
    }
  }

  /** The ids that the server says it has stored; none when it did not answer. */
  async #send(ids: readonly number[], turn: number): Promise<readonly number[]> {
    const urls = this.#urls();
    const lines = ids.flatMap((id) => [{ index: { _index: this.#index, _id: String(id) } }, { id }]);
    try {
      const answer = await fetch(`${urls[turn % urls.length]}/_bulk?timeout=1s`, {
        method: 'POST',
        headers: { 'content-type': 'application/x-ndjson' },
        body: `${lines.map((line) => JSON.stringify(line)).join('\n')}\n`,
        signal: AbortSignal.timeout(requestTimeoutMs),
      });
      // `as`: the format of the server's answer.
      const { items = [] } = (await answer.json()) as BulkAnswer;
      return items.filter(({ index }) => index.status < 300).map(({ index }) => Number(index._id));
    } catch {
      return [];
    }
  }
}

interface BulkAnswer {
  readonly items?: readonly { readonly index: { readonly _id: string; readonly status: number } }[];
}

/** Those of the ids that the index does not have. */
export async function findLostDocuments(
  url: string,
  index: string,
  ids: readonly number[],
): Promise<readonly number[]> {
  await fetch(`${url}/${index}/_refresh`, { method: 'POST' });
  const lost: number[] = [];
  for (let start = 0; start < ids.length; start += 1000) {
    const part = ids.slice(start, start + 1000);
    const answer = await fetch(`${url}/${index}/_mget?_source=false`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ ids: part.map(String) }),
    });
    // `as`: the format of the server's answer.
    const { docs } = (await answer.json()) as { docs: readonly { _id: string; found?: boolean }[] };
    lost.push(...docs.filter(({ found }) => found !== true).map(({ _id }) => Number(_id)));
  }
  return lost;
}
