/** Publishes the events of one topic, in order, for as long as its relay leads. */
import { setTimeout as delay } from 'node:timers/promises';
import { doublingMs } from '../doubling.ts';
import type { BatchProducer, OutgoingEvent } from '../kafka/producer.ts';
import { isRefusal } from '../kafka/refusal.ts';
import type { Logger } from '../logger.ts';
import type { Connection } from '../postgres/statement.ts';
import type { OutboxMetrics } from './metrics.ts';
import type { PayloadSeal } from './outbox.ts';
import { claimPending, markPublished, type PendingEvent } from './store.ts';
import { Wake } from './wake.ts';

export interface LanePace {
  /** Most events of one request. */
  readonly batchMaxEvents: number;
  /** Looks for events this often although nobody called: notifications may be lost, or switched off. */
  readonly pollMs: number;
  /** Wait after the first failure; doubles with each. */
  readonly retryDelayMs: number;
  /** How long a batch in flight is waited for when the relay stops; without an answer it is sent again by the next leader. */
  readonly stopPatienceMs: number;
}

export interface LaneTools {
  readonly pace: LanePace;
  readonly metrics: OutboxMetrics;
  readonly logger: Logger;
  /** What payloads are stored under; absent: they are stored as they are sent. */
  readonly seal?: PayloadSeal | undefined;
}

/**
 * Together below the 1 MiB that a broker takes in one batch, uncompressed and even when all is for one partition. One event that is larger
 * goes alone.
 */
const batchMaxBytes = 900_000;
const longestRetryMs = 10_000;
/** After so many failures in a row another replica may try: perhaps only this one cannot reach Kafka. */
const failuresBeforeHandOver = 6;
/** A refused event needs somebody's hand, usually. */
const longestBlockMs = 300_000;

interface Block {
  readonly until: number;
  readonly failures: number;
}

/** This replica fails to publish; leadership should go to another one for a while. */
export class HandOverError extends Error {
  override readonly name = 'HandOverError';
}

/** What a lane does for one term of its relay's leadership. */
export interface Term {
  /** The session that holds the lock: a mark by another one could come after the next leader has begun. */
  readonly session: Connection;
  readonly producer: BatchProducer;
  /** Aborted when the relay stops or its session is lost. */
  readonly signal: AbortSignal;
}

export class Lane {
  readonly #topic: string;
  readonly #tools: LaneTools;
  readonly #wake = new Wake();
  readonly #blocks = new Map<string, Block>();
  #failures = 0;

  constructor(topic: string, tools: LaneTools) {
    this.#topic = topic;
    this.#tools = tools;
  }

  /** There may be something to publish. */
  wake(): void {
    this.#wake.call();
  }

  /**
   * Publishes until the term ends. Throws `HandOverError` after too many failures, and when the session fails: what was sent and not
   * marked is sent again then.
   */
  async run(term: Term): Promise<void> {
    this.#blocks.clear();
    this.#tools.metrics.blockedKeys.set({ topic: this.#topic }, 0);
    while (!term.signal.aborted) {
      const events = await this.#claim(term.session);
      if (events.length === 0) await this.#wake.wait(this.#idleMs(), term.signal);
      else await this.#publish(events, term);
    }
  }

  #claim(session: Connection): Promise<readonly PendingEvent[]> {
    const now = performance.now();
    const exceptKeys = [...this.#blocks].flatMap(([key, { until }]) => (until > now ? [key] : []));
    return claimPending(session, {
      topic: this.#topic,
      exceptKeys,
      maxEvents: this.#tools.pace.batchMaxEvents,
      maxBytes: batchMaxBytes,
    });
  }

  #idleMs(): number {
    const due = Math.min(...[...this.#blocks.values()].map(({ until }) => until - performance.now()));
    return Math.max(1, Math.min(this.#tools.pace.pollMs, due));
  }

  async #publish(events: readonly PendingEvent[], term: Term): Promise<void> {
    const { metrics, logger } = this.#tools;
    const topic = this.#topic;
    const refused = new Set<string>();
    let published: readonly PendingEvent[];
    try {
      published = await this.#inTime(this.#send(events, term.producer, refused), term.signal);
    } catch (err) {
      if (!(err instanceof StoppedError)) await this.#backOff(err, term.signal);
      return;
    }
    if (this.#failures > 0) logger.info({ topic, attempts: this.#failures + 1 }, 'events are published again');
    this.#failures = 0;
    if (published.length > 0) await this.#mark(published, term.session);
    for (const { key } of published) if (!refused.has(key)) this.#blocks.delete(key);
    metrics.blockedKeys.set({ topic }, this.#blocks.size);
  }

  async #backOff(err: unknown, signal: AbortSignal): Promise<void> {
    const { metrics, logger, pace } = this.#tools;
    const topic = this.#topic;
    this.#failures += 1;
    metrics.failures.inc({ topic });
    // One line when it begins, not one per attempt.
    if (this.#failures === 1) logger.warn({ err, topic }, 'events cannot be published; they wait in the outbox');
    if (this.#failures % failuresBeforeHandOver === 0)
      throw new HandOverError(`${this.#failures} attempts to publish to ${topic} failed`, { cause: err });
    const waitMs = doublingMs({ first: pace.retryDelayMs, last: longestRetryMs }, this.#failures);
    await delay(waitMs, undefined, { signal }).catch(() => undefined);
  }

  async #mark(events: readonly PendingEvent[], session: Connection): Promise<void> {
    const { metrics } = this.#tools;
    const topic = this.#topic;
    await markPublished(
      session,
      events.map(({ id }) => id),
    );
    metrics.published.inc({ topic }, events.length);
    const now = Date.now();
    for (const { createdAt } of events) metrics.delay.observe({ topic }, Math.max(0, now - createdAt.getTime()) / 1000);
  }

  /**
   * Sends in order; resolves with the events that are stored. When Kafka refuses one, or its payload cannot be opened, halves are tried until that one is
   * alone: it is held back with all that follow it in its key (`refused`), and nothing else waits for it.
   */
  async #send(
    events: readonly PendingEvent[],
    producer: BatchProducer,
    refused: Set<string>,
  ): Promise<readonly PendingEvent[]> {
    const [first, second] = events;
    if (first === undefined) return [];
    try {
      await producer.send(events.map((event) => toOutgoing(this.#topic, event, this.#tools.seal)));
      return events;
    } catch (error) {
      if (!isRefusal(error) && !(error instanceof UnreadablePayloadError)) throw error;
      if (second === undefined) {
        refused.add(first.key);
        this.#block(first, error);
        return [];
      }
    }
    const middle = Math.ceil(events.length / 2);
    const early = await this.#send(events.slice(0, middle), producer, refused);
    const late = events.slice(middle).filter(({ key }) => !refused.has(key));
    return [...early, ...(await this.#send(late, producer, refused))];
  }

  #block({ id, key, headers }: PendingEvent, err: unknown): void {
    const failures = (this.#blocks.get(key)?.failures ?? 0) + 1;
    const waitMs = doublingMs({ first: this.#tools.pace.retryDelayMs, last: longestBlockMs }, failures);
    this.#blocks.set(key, { failures, until: performance.now() + waitMs });
    const { metrics, logger } = this.#tools;
    metrics.failures.inc({ topic: this.#topic });
    if (failures === 1)
      logger.error(
        { err, topic: this.#topic, key, outboxId: id, event: headers['ce_id'] },
        'an event cannot be published: it and all that follow it in its key wait in the outbox',
      );
  }

  /** A batch in flight is waited for, but a stopping process does not wait for a Kafka that is away. */
  async #inTime<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
    const { promise: stopped, reject } = Promise.withResolvers<never>();
    let timer: NodeJS.Timeout | undefined;
    const onAbort = () => {
      timer = setTimeout(() => reject(new StoppedError()), this.#tools.pace.stopPatienceMs);
    };
    if (signal.aborted) onAbort();
    signal.addEventListener('abort', onAbort, { once: true });
    try {
      return await Promise.race([work, stopped]);
    } finally {
      clearTimeout(timer);
      signal.removeEventListener('abort', onAbort);
      // Whoever lost the race may still reject.
      work.catch(() => undefined);
    }
  }
}

/** A payload that the seal does not open: another attempt is useless until somebody helps. */
class UnreadablePayloadError extends Error {
  override readonly name = 'UnreadablePayloadError';
}

class StoppedError extends Error {
  override readonly name = 'StoppedError';
}

function toOutgoing(
  topic: string,
  { eventId, key, headers, payload }: PendingEvent,
  seal: PayloadSeal | undefined,
): OutgoingEvent {
  return { topic, key, value: seal === undefined ? payload : openPayload(seal, payload, eventId), headers };
}

function openPayload(seal: PayloadSeal, stored: string, eventId: string): string {
  try {
    return seal.open(stored, eventId);
  } catch (cause) {
    throw new UnreadablePayloadError('the payload cannot be opened', { cause });
  }
}
