/** Handles events: at least once, with repetitions, retry topics, and a dead-letter topic for what cannot be handled. */
import type { Consumer } from 'kafkajs';
import { type RetryTopic, retryTopics } from '#contracts/topics.ts';
import type { Logger } from '../logger.ts';
import type { Metrics } from '../metrics.ts';
import type { Worker } from '../service.ts';
import { BatchHandler } from './batch-handler.ts';
import { connectPatiently, fetchingMs, type KafkaClient, retryFor } from './client.ts';
import { planRoutes } from './forward.ts';
import type { IncomingEvent } from './incoming-event.ts';
import type { EventProducer } from './producer.ts';

export interface ConsumerSettings {
  /** Attempts to handle one event before it goes to a retry topic, or from the last one to the dead-letter topic. */
  readonly maxAttempts: number;
  /** Wait before the second attempt, milliseconds; doubles with each. */
  readonly retryDelayMs: number;
}

/** What became of an event: `handled`, `skipped` (handled before) or `ignored` (nothing to do with this consumer). */
export type Outcome = 'handled' | 'skipped' | 'ignored';

export interface ConsumerOptions {
  /** Of `consumerGroup()` in the contracts: other names are refused by Kafka. */
  readonly group: string;
  readonly topics: readonly string[];
  /** Must bear to be called again for the same event: a crash after it and before the commit repeats it. */
  readonly handle: (event: IncomingEvent, signal: AbortSignal) => Promise<Outcome>;
  /**
   * Handles the next events of a partition at once, for whoever can do many for the price of one: their outcomes by offset. What is
   * not among them, and all when it fails, comes to `handle` one by one, in order.
   */
  readonly handleAhead?: (
    events: readonly IncomingEvent[],
    signal: AbortSignal,
  ) => Promise<ReadonlyMap<string, Outcome>>;
  /** Whether the event has been handled before (an inbox); it is skipped then. */
  readonly isHandled?: (event: IncomingEvent) => Promise<boolean>;
  /** Whether another attempt is useless (a broken event, a rule of the domain): then it goes to the dead-letter topic at once. */
  readonly isPermanent?: (error: unknown) => boolean;
  /**
   * Whether the event is not to blame and no other would fare better (a database that is away): then it is tried again where it is,
   * for as long as it takes. Passed on, all events of an outage would end as dead letters.
   */
  readonly isOutage?: (error: unknown) => boolean;
  /**
   * Whether what the effects need is short just now (requests wait for a connection of the pool): then the consumer waits a moment
   * before each event, and its partitions lag behind rather than its service.
   */
  readonly isBusy?: () => boolean;
  /** Partitions that are handled at the same time, 1 when absent; events of one key keep their order. For whoever waits more than it computes. */
  readonly partitionsAtOnce?: number;
  /** The retry topics of a topic; by default those of the contracts. While an event waits there, later ones of its key overtake it. */
  readonly retriesOf?: (topic: string) => readonly RetryTopic[];
}

export interface ConsumerTools {
  readonly client: KafkaClient;
  readonly producer: EventProducer;
  readonly settings: ConsumerSettings;
  readonly metrics: Metrics;
}

/** A worker of the service: starts in the background, stops after the event that it works on. */
export function createConsumer(options: ConsumerOptions, tools: ConsumerTools): Worker {
  const { client } = tools;
  const stop = new AbortController();
  const consumer = client.kafka.consumer({
    groupId: options.group,
    allowAutoTopicCreation: false,
    // A member that crashed for good would leave its partitions alone for ever.
    retry: { ...retryFor(fetchingMs), restartOnFailure: async () => !stop.signal.aborted },
  });
  const routes = planRoutes(options.topics, options.retriesOf ?? retryTopics);
  const handler = new BatchHandler({ ...options, routes }, tools, stop.signal);
  consumer.on('consumer.group_join', ({ payload }) => handler.keepOnly(payload.memberAssignment));
  let running = Promise.resolve();
  return {
    name: `kafka ${options.group}`,
    start: async () => {
      const topics = [...routes.keys()];
      const { group, partitionsAtOnce = 1 } = options;
      running = run(consumer, handler, topics, {
        ...{ group, partitionsAtOnce, logger: client.logger },
        signal: stop.signal,
      });
    },
    stop: async () => {
      stop.abort();
      await running;
      await consumer.disconnect();
    },
  };
}

async function run(
  consumer: Consumer,
  handler: BatchHandler,
  topics: string[],
  tools: {
    readonly group: string;
    readonly partitionsAtOnce: number;
    readonly logger: Logger;
    readonly signal: AbortSignal;
  },
): Promise<void> {
  const connect = async () => {
    await consumer.connect();
    await consumer.subscribe({ topics, fromBeginning: true });
  };
  await connectPatiently(connect, { what: `consumer ${tools.group}`, ...tools });
  if (!tools.signal.aborted) {
    await consumer.run({
      eachBatchAutoResolve: false,
      partitionsConsumedConcurrently: tools.partitionsAtOnce,
      eachBatch: (payload) => handler.handleBatch(payload),
    });
  }
}
