import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';

export interface WriterResult {
  readonly acknowledged: readonly number[];
  /** Longest time between two acknowledged writes. */
  readonly longestGapMs: number;
}

/**
 * A client that inserts one row after the other, each committed, and goes to whoever leads when its session breaks: as
 * a service behind the `-rw` Service does.
 */
export class Writer {
  readonly #findLeader: () => Promise<string | undefined>;
  readonly #login: { readonly user: string; readonly password: string; readonly database: string };
  readonly #acknowledged: number[] = [];
  readonly #stop = new AbortController();
  #longestGapMs = 0;
  #running: Promise<void> = Promise.resolve();

  constructor(
    findLeader: () => Promise<string | undefined>,
    login: { readonly user: string; readonly password: string; readonly database: string },
  ) {
    this.#findLeader = findLeader;
    this.#login = login;
  }

  /** Makes the table and begins; resolves with the first acknowledged write. */
  async start(): Promise<void> {
    const client = await this.#connect();
    await client.query('create table if not exists written (id bigint primary key)');
    await client.query('truncate written');
    await client.end();
    this.#running = this.#run();
    while (this.#acknowledged.length === 0) {
      await delay(20);
    }
  }

  get count(): number {
    return this.#acknowledged.length;
  }

  async finish(): Promise<WriterResult> {
    this.#stop.abort();
    await this.#running;
    return { acknowledged: this.#acknowledged, longestGapMs: Math.round(this.#longestGapMs) };
  }

  async #run(): Promise<void> {
    let next = 1;
    let last = performance.now();
    while (!this.#stop.signal.aborted) {
      const client = await this.#connect().catch(() => undefined);
      try {
        while (client !== undefined && !this.#stop.signal.aborted) {
          await client.query({
            text: 'insert into written values ($1)',
            values: [next],
            query_timeout: 1_000,
          } as pg.QueryConfig);
          this.#acknowledged.push(next);
          this.#longestGapMs = Math.max(this.#longestGapMs, performance.now() - last);
          last = performance.now();
          next += 1;
          await delay(20);
        }
      } catch {
        // Whether it was committed is not known, so this number is not used again.
        next += 1;
      }
      void client?.end().catch(() => undefined);
      await delay(50);
    }
  }

  async #connect(): Promise<pg.Client> {
    const host = await this.#findLeader();
    const client = new pg.Client({
      ...this.#login,
      host: host ?? '127.0.0.1',
      port: 5432,
      connectionTimeoutMillis: 1_000,
    });
    client.on('error', () => undefined);
    await client.connect();
    return client;
  }
}
