/** What a consumer does with the events of one partition. */
import { setTimeout as delay } from 'node:timers/promises';
import type { EachBatchPayload } from 'kafkajs';
import { runInContext } from '../context.ts';
import { doublingMs } from '../doubling.ts';
import type { ConsumerOptions, ConsumerTools, Outcome } from './consumer.ts';
import { EventContext } from './event-context.ts';
import { dueAt, type Forwarding, forward, isForAnother, planForwarding, type Route, type Routes } from './forward.ts';
import { type IncomingEvent, toIncomingEvent } from './incoming-event.ts';
import { ConsumerLag } from './lag.ts';
import { type KafkaMetrics, kafkaMetrics } from './metrics.ts';

const longestDelayMs = 10_000;
/** Well below the session timeout of 30 s, after which the group goes on without this member. */
const heartbeatMs = 3000;
/** From one look to the next whether others still wait for what an event needs. */
const giveWayMs = 50;
/** Then the event is handled all the same: a service that is always busy handles them slowly, not never. Well below the session timeout. */
const longestGiveWayMs = 2000;
/** Events that are offered to `handleAhead` at once: a request of some hundred kilobytes. */
const aheadCount = 200;

type EventOutcome = Outcome | Forwarding['outcome'];

export class BatchHandler {
  readonly #options: ConsumerOptions & { readonly routes: Routes };
  readonly #tools: ConsumerTools;
  readonly #metrics: KafkaMetrics;
  readonly #lag: ConsumerLag;
  readonly #signal: AbortSignal;

  constructor(options: ConsumerOptions & { readonly routes: Routes }, tools: ConsumerTools, signal: AbortSignal) {
    this.#options = options;
    this.#tools = tools;
    this.#metrics = kafkaMetrics(tools.metrics);
    this.#lag = new ConsumerLag(options.group, tools.metrics);
    this.#signal = signal;
  }

  /** The partitions that this member reads from now on. */
  keepOnly(assignment: Readonly<Record<string, readonly number[]>>): void {
    this.#lag.keepOnly(assignment);
  }

  /** One event after the other; the place is kept after each, so that a stop repeats at most the one it interrupts. */
  async handleBatch(payload: EachBatchPayload): Promise<void> {
    const { batch, isRunning, isStale, resolveOffset, heartbeat, commitOffsetsIfNecessary } = payload;
    const route = this.#options.routes.get(batch.topic);
    if (route === undefined) throw new Error(`${batch.topic} was not subscribed to`);
    let settled: ReadonlyMap<string, Outcome> = new Map();
    for (const [position, message] of batch.messages.entries()) {
      this.#lag.tell(batch, message.offset, batch.highWatermark);
      await this.#giveWay();
      if (!isRunning() || isStale() || this.#signal.aborted) return;
      const event = toIncomingEvent(batch.topic, batch.partition, message);
      if (this.#pauseUntilDue(event, route, payload)) return;
      const beat = setInterval(() => void heartbeat().catch(() => undefined), heartbeatMs);
      try {
        if (position % aheadCount === 0) settled = await this.#handleAhead(payload, position, route);
        const outcome = settled.get(message.offset);
        await runInContext(new EventContext(event), () => this.#handle(event, route, outcome));
      } finally {
        clearInterval(beat);
      }
      resolveOffset(message.offset);
      await heartbeat();
      await commitOffsetsIfNecessary();
    }
    this.#lag.tell(batch, String(BigInt(batch.lastOffset()) + 1n), batch.highWatermark);
  }

  /** Waits while those who need the same wait: they are requests, and somebody waits for their answers. */
  async #giveWay(): Promise<void> {
    const { isBusy, group } = this.#options;
    if (isBusy?.() !== true) return;
    this.#metrics.pauses.inc({ group });
    const until = performance.now() + longestGiveWayMs;
    while (isBusy() && performance.now() < until && !this.#signal.aborted)
      await delay(giveWayMs, undefined, { signal: this.#signal }).catch(() => undefined);
  }

  /**
   * An event that is not due stops the fetching of its partition until it is; it comes again then. Waiting here would keep the
   * consumer from its other partitions, and from a group that is being formed anew.
   */
  #pauseUntilDue(event: IncomingEvent, route: Route, { pause }: EachBatchPayload): boolean {
    if (route.delayMs === 0 || isForAnother(event, this.#options.group)) return false;
    const due = dueAt(event);
    // Clocks differ and headers may be wrong: nothing waits longer than its topic says.
    const waitMs = Math.min(route.delayMs, (due?.getTime() ?? 0) - Date.now());
    if (waitMs <= 0) return false;
    const resume = pause();
    // Nobody waits for it when the process ends.
    setTimeout(resume, waitMs).unref();
    return true;
  }

  /** Events of a retry topic have failed already, and wait for their own times: they are handled one by one. */
  async #handleAhead(
    { batch }: EachBatchPayload,
    position: number,
    route: Route,
  ): Promise<ReadonlyMap<string, Outcome>> {
    const { handleAhead } = this.#options;
    if (handleAhead === undefined || route.delayMs > 0) return new Map();
    const messages = batch.messages.slice(position, position + aheadCount);
    try {
      return await handleAhead(
        messages.map((message) => toIncomingEvent(batch.topic, batch.partition, message)),
        this.#signal,
      );
    } catch (err) {
      this.#tools.client.logger.debug({ err, topic: batch.topic }, 'events are handled one by one');
      return new Map();
    }
  }

  async #handle(event: IncomingEvent, route: Route, settled: Outcome | undefined): Promise<void> {
    const { topic } = event;
    const outcome = settled ?? (await this.#decide(event, route));
    this.#metrics.consumed.inc({ topic, outcome });
    this.#metrics.age.observe({ topic }, Math.max(0, Date.now() - event.time.getTime()) / 1000);
  }

  async #decide(event: IncomingEvent, route: Route): Promise<EventOutcome> {
    if (route.delayMs > 0 && isForAnother(event, this.#options.group)) return 'ignored';
    let attempts = 0;
    for (let failures = 1; ; failures += 1) {
      const result = await this.#attempt(event);
      if ('outcome' in result) return result.outcome;
      // Stopping: the event stays where it is and is handled after the next start.
      if (this.#signal.aborted) throw result.error;
      const failure = this.#judge(result.error, attempts);
      if (failure.isFinal) return this.#passOn(event, route, failure);
      attempts = failure.attempts;
      this.#metrics.retries.inc({ topic: event.topic });
      const wait = doublingMs({ first: this.#tools.settings.retryDelayMs, last: longestDelayMs }, failures);
      await delay(wait, undefined, { signal: this.#signal });
    }
  }

  #judge(error: unknown, attemptsBefore: number) {
    const isOutage = this.#options.isOutage?.(error) === true;
    const attempts = isOutage ? attemptsBefore : attemptsBefore + 1;
    const isPermanent = this.#options.isPermanent?.(error) === true;
    return { error, attempts, isPermanent, isFinal: isPermanent || attempts >= this.#tools.settings.maxAttempts };
  }

  async #attempt(event: IncomingEvent): Promise<{ readonly outcome: Outcome } | { readonly error: unknown }> {
    try {
      if ((await this.#options.isHandled?.(event)) === true) return { outcome: 'skipped' };
      return { outcome: await this.#options.handle(event, this.#signal) };
    } catch (error) {
      return { error };
    }
  }

  /** Fails when the event cannot be stored elsewhere: then it is tried again where it is. */
  async #passOn(
    event: IncomingEvent,
    route: Route,
    failure: { readonly error: unknown; readonly attempts: number; readonly isPermanent: boolean },
  ): Promise<Forwarding['outcome']> {
    const { logger } = this.#tools.client;
    const { error: err, attempts } = failure;
    const forwarding = planForwarding(event, route, { ...failure, group: this.#options.group, now: new Date() });
    const fields = { err, event: event.id, topic: event.topic, attempts };
    if (forwarding.outcome === 'dead') logger.error(fields, 'an event is given up');
    else logger.warn({ ...fields, to: forwarding.event.topic }, 'an event is tried again later');
    await forward(this.#tools.producer, forwarding);
    return forwarding.outcome;
  }
}
