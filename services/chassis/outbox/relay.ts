/**
 * Brings events from the outbox to Kafka: at least once, in order within a key, none left out. Every replica runs one; the one whose
 * session holds an advisory lock publishes, and the others wait for that lock. Why so: docs/adr/0017-outbox.md.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { doublingMs } from '../doubling.ts';
import type { BatchProducer } from '../kafka/producer.ts';
import type { Logger } from '../logger.ts';
import type { Session } from '../postgres/session.ts';
import type { Worker } from '../service.ts';
import { HandOverError, Lane, type LanePace } from './lane.ts';
import type { OutboxMetrics } from './metrics.ts';
import type { PayloadSeal } from './outbox.ts';
import { channel, preferIndexOrder, resign, tryToLead } from './store.ts';
import { Wake } from './wake.ts';

export interface RelayPace extends LanePace {
  /** How often a replica that does not publish tries to become the one that does. */
  readonly takeOverMs: number;
}

export interface RelayOptions {
  /** Topics whose events it publishes; one never waits for another. */
  readonly topics: readonly string[];
  readonly pace: RelayPace;
}

export interface RelayTools {
  readonly openSession: () => Promise<Session>;
  /** A producer of one lane and one term. */
  readonly openProducer: () => BatchProducer;
  readonly metrics: OutboxMetrics;
  readonly logger: Logger;
  readonly seal?: PayloadSeal | undefined;
}

const longestReconnectMs = 5000;

export function createRelay({ topics, pace }: RelayOptions, tools: RelayTools): Worker {
  const relay = new Relay(topics, pace, tools);
  let running = Promise.resolve();
  return {
    name: 'outbox relay',
    start: async () => {
      running = relay.run();
    },
    stop: () => {
      relay.stop();
      return running;
    },
  };
}

class Relay {
  readonly #pace: RelayPace;
  readonly #tools: RelayTools;
  readonly #lanes: readonly Lane[];
  readonly #wake = new Wake();
  readonly #stop = new AbortController();
  #failures = 0;

  constructor(topics: readonly string[], pace: RelayPace, tools: RelayTools) {
    this.#pace = pace;
    this.#tools = tools;
    this.#lanes = topics.map((topic) => new Lane(topic, { pace, ...tools }));
  }

  stop(): void {
    this.#stop.abort();
  }

  /** Serves one session after the other until it is stopped; never rejects. */
  async run(): Promise<void> {
    const { signal } = this.#stop;
    while (!signal.aborted) {
      const error = await this.#serve().then(
        () => undefined,
        (reason: unknown) => reason,
      );
      if (!signal.aborted) await delay(this.#pauseMs(error), undefined, { signal }).catch(() => undefined);
    }
  }

  #pauseMs(err: unknown): number {
    if (err instanceof HandOverError) {
      this.#tools.logger.info({ err }, 'the outbox relay steps down, so that another replica may try');
      return 2 * this.#pace.takeOverMs;
    }
    this.#failures += 1;
    if (this.#failures === 1)
      this.#tools.logger.warn({ err }, 'the outbox relay lost its database session; opening another one');
    return doublingMs({ first: this.#pace.retryDelayMs, last: longestReconnectMs }, this.#failures);
  }

  async #serve(): Promise<void> {
    const session = await this.#tools.openSession();
    try {
      await preferIndexOrder(session);
      await session.listen(channel, () => this.#call());
      const signal = AbortSignal.any([this.#stop.signal, session.lost]);
      if (await this.#becomeLeader(session, signal)) await this.#lead(session, signal);
    } finally {
      await session.close();
    }
  }

  #call(): void {
    this.#wake.call();
    for (const lane of this.#lanes) lane.wake();
  }

  /** Resolves with true once it leads, with false when the signal comes first. */
  async #becomeLeader(session: Session, signal: AbortSignal): Promise<boolean> {
    while (!signal.aborted) {
      if (await tryToLead(session)) return true;
      this.#failures = 0;
      // Notifications of new events come here as well; trying at each is too often.
      await delay(this.#pace.takeOverMs * 0.1, undefined, { signal }).catch(() => undefined);
      await this.#wake.wait(this.#pace.takeOverMs * (0.5 + Math.random()), signal);
    }
    return false;
  }

  async #lead(session: Session, signal: AbortSignal): Promise<void> {
    const { metrics, logger } = this.#tools;
    this.#failures = 0;
    metrics.isLeader.set(1);
    logger.info('this replica publishes the events of the outbox');
    try {
      await this.#runLanes(session, signal);
    } finally {
      metrics.isLeader.set(0);
    }
    if (!session.lost.aborted) await resign(session);
  }

  /** Resolves when every lane has ended; one that fails ends the others, for their session is the same. */
  async #runLanes(session: Session, signal: AbortSignal): Promise<void> {
    const failed = new AbortController();
    const termSignal = AbortSignal.any([signal, failed.signal]);
    const runLane = async (lane: Lane): Promise<void> => {
      const producer = this.#tools.openProducer();
      try {
        await lane.run({ session, producer, signal: termSignal });
      } catch (error) {
        failed.abort();
        throw error;
      } finally {
        await producer.close().catch(() => undefined);
      }
    };
    const results = await Promise.allSettled(this.#lanes.map(runLane));
    const failure = results.find((result) => result.status === 'rejected');
    if (failure !== undefined) throw failure.reason;
  }
}
