import { setTimeout as delay } from 'node:timers/promises';
import { describeFailure } from './shop-reader.ts';

/** One kind of request that visitors make. */
export interface Visit {
  readonly name: string;
  /** Arrivals, whether or not earlier ones have been answered. */
  readonly perSecond: number;
  /** Resolves with the status of the answer. */
  ask(): Promise<number>;
}

/** What became of the requests of one kind. */
export interface VisitRecord {
  readonly sent: number;
  /** Answered with 2xx. */
  readonly good: number;
  /** Other statuses, and `none` for requests without an answer, by how often. */
  readonly bad: Readonly<Record<string, number>>;
  /** What one of the failures was. */
  readonly example: string | undefined;
  /** Longest time between two good answers, milliseconds. */
  readonly longestGapMs: number;
}

/**
 * Most requests of one kind on their way: what a hundred arrivals a second are in the five seconds after which the shop has answered
 * everything in some way. What arrives beyond is not sent and counts as `none`.
 */
const mostPending = 512;

/** Visitors of a shop who come at their own pace, whatever the shop does, until `stop`. */
export class ShopLoad {
  readonly #courses: readonly Course[];

  constructor(visits: readonly Visit[]) {
    this.#courses = visits.map((visit) => new Course(visit));
  }

  /** What happened since the last call, by kind. */
  take(): ReadonlyMap<string, VisitRecord> {
    return new Map(this.#courses.map((course) => [course.name, course.take()]));
  }

  /** Arrivals of one kind a second. */
  rateOf(name: string): number | undefined {
    return this.#courses.find((course) => course.name === name)?.perSecond;
  }

  async stop(): Promise<void> {
    await Promise.all(this.#courses.map((course) => course.stop()));
  }
}

class Course {
  readonly name: string;
  readonly perSecond: number;
  readonly #visit: Visit;
  readonly #pending = new Set<Promise<void>>();
  readonly #arriving: Promise<void>;
  #isStopped = false;
  #sent = 0;
  #good = 0;
  #bad: Record<string, number> = {};
  #example: string | undefined;
  #lastGoodAt = performance.now();
  #longestGapMs = 0;

  constructor(visit: Visit) {
    this.name = visit.name;
    this.perSecond = visit.perSecond;
    this.#visit = visit;
    this.#arriving = this.#arrive();
  }

  take(): VisitRecord {
    const now = performance.now();
    const record = {
      sent: this.#sent,
      good: this.#good,
      bad: this.#bad,
      example: this.#example,
      longestGapMs: Math.round(Math.max(this.#longestGapMs, now - this.#lastGoodAt)),
    };
    [this.#sent, this.#good, this.#bad, this.#example] = [0, 0, {}, undefined];
    [this.#longestGapMs, this.#lastGoodAt] = [0, now];
    return record;
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    await this.#arriving;
    await Promise.all(this.#pending);
  }

  async #arrive(): Promise<void> {
    const pauseMs = 1000 / this.#visit.perSecond;
    for (let at = performance.now(); !this.#isStopped; at += pauseMs) {
      await delay(Math.max(0, at - performance.now()));
      this.#send();
    }
  }

  #send(): void {
    this.#sent += 1;
    if (this.#pending.size === mostPending) {
      this.#fail('none', 'too many requests wait for their answers');
      return;
    }
    const request = this.#ask();
    this.#pending.add(request);
    void request.then(() => this.#pending.delete(request));
  }

  async #ask(): Promise<void> {
    try {
      const status = await this.#visit.ask();
      if (status < 200 || status > 299) {
        this.#fail(String(status), String(status));
        return;
      }
      const now = performance.now();
      this.#good += 1;
      this.#longestGapMs = Math.max(this.#longestGapMs, now - this.#lastGoodAt);
      this.#lastGoodAt = now;
    } catch (error) {
      this.#fail('none', describeFailure(error));
    }
  }

  #fail(kind: string, example: string): void {
    this.#bad[kind] = (this.#bad[kind] ?? 0) + 1;
    this.#example ??= example;
  }
}

/** One line for each kind. */
export function describeLoad(records: ReadonlyMap<string, VisitRecord>): string {
  return [...records]
    .map(([name, { sent, good, bad, longestGapMs, example }]) => {
      const others = Object.entries(bad).map(([kind, count]) => `${count} × ${kind}`);
      const why = example === undefined ? '' : `, e.g. ${example}`;
      return `  ${name}: ${good} of ${sent}${others.length === 0 ? '' : ` (${others.join(', ')}${why})`}, gap ${longestGapMs} ms`;
    })
    .join('\n');
}
