/** Notices that the server behind a pool has gone without a word: a machine that is lost closes none of its connections. */
import { setTimeout as delay, setImmediate as turn } from 'node:timers/promises';
import type pg from 'pg';

/** A statement that takes longer makes the watch ask the idle connections whether their server is still there. */
const suspiciousMs = 1000;
/** How long a server may take to say so: one that has no processor to itself for a moment is not lost. */
const patienceMs = 2000;
const lookEveryMs = 250;

/**
 * Without it each connection to a lost server costs one request its whole time, one after the other. Asks nothing while statements
 * are answered within a second.
 */
export class SilenceWatch {
  readonly #pool: pg.Pool;
  readonly #onSilence: (connections: number) => void;
  /** When the statement began that the server has yet to answer; the oldest comes first. */
  readonly #unanswered = new Map<pg.PoolClient, number>();
  readonly #ticker: NodeJS.Timeout;
  #askedAt = Number.NEGATIVE_INFINITY;

  /** `onSilence` is told how many connections were given up. */
  constructor(pool: pg.Pool, onSilence: (connections: number) => void) {
    this.#pool = pool;
    this.#onSilence = onSilence;
    this.#ticker = setInterval(() => this.#look(), lookEveryMs).unref();
  }

  /** Sends a statement on `client`, which has no other one on its way. */
  async watch<T>(client: pg.PoolClient, send: () => Promise<T>): Promise<T> {
    this.#unanswered.set(client, performance.now());
    try {
      return await send();
    } finally {
      this.#unanswered.delete(client);
    }
  }

  close(): void {
    clearInterval(this.#ticker);
  }

  #look(): void {
    const now = performance.now();
    const [oldest = now] = this.#unanswered.values();
    if (now - Math.max(oldest, this.#askedAt) < suspiciousMs) return;
    // No second round before the first one is over.
    this.#askedAt = now + patienceMs;
    void this.#askIdle(now);
  }

  async #askIdle(began: number): Promise<void> {
    const asked = await Promise.all(Array.from({ length: this.#pool.idleCount }, () => this.#isSilent()));
    const silent = asked.filter(Boolean).length;
    if (silent === 0) return;
    const stuck = [...this.#unanswered].filter(([, begun]) => begun < began).map(([client]) => client);
    // Their statements fail as those of a broken connection do, and the pool throws them away.
    for (const client of stuck) client.end().catch(() => undefined);
    this.#onSilence(silent + stuck.length);
  }

  /** Takes one idle connection; it goes back to the pool only when its server answers. */
  async #isSilent(): Promise<boolean> {
    const client = await this.#pool.connect().catch(() => undefined);
    if (client === undefined) return false;
    const answered = client.query('select 1').then(
      () => true,
      () => false,
    );
    const isAlive = await Promise.race([answered, noPatience()]);
    client.release(!isAlive);
    return !isAlive;
  }
}

/** Resolves with false when the time is over, and what had arrived by then has been read: this process may have been held up itself. */
async function noPatience(): Promise<boolean> {
  await delay(patienceMs, undefined, { ref: false });
  await turn();
  await turn();
  return false;
}
