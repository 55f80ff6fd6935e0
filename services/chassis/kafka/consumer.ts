/** Handles events: at least once, with repetitions, and a dead-letter topic for what cannot be handled. */
import { setTimeout as delay } from 'node:timers/promises';
import type { Consumer, EachBatchPayload, KafkaMessage } from 'kafkajs';
import { deadLetterTopic } from '#contracts/topics.ts';
import { doublingMs } from '../doubling.ts';
import type { Logger } from '../logger.ts';
import type { Metrics } from '../metrics.ts';
import type { Worker } from '../service.ts';
import { connectPatiently, fetchingMs, type KafkaClient, retryFor } from './client.ts';
import { type KafkaMetrics, kafkaMetrics } from './metrics.ts';
import type { EventProducer } from './producer.ts';

export interface ConsumerSettings {
  /** Attempts to handle one event before it goes to the dead-letter topic. */
  readonly maxAttempts: number;
  /** Wait before the second attempt, milliseconds; doubles with each. */
  readonly retryDelayMs: number;
}

/** An event as it arrived. */
export interface IncomingEvent {
  /** Of the header `ce_id`; without one, the place of the event, which is as lasting. */
  readonly id: string;
  readonly topic: string;
  readonly partition: number;
  readonly offset: string;
  readonly key: string;
  readonly value: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly time: Date;
}

export interface ConsumerOptions {
  /** Of `consumerGroup()` in the contracts: other names are refused by Kafka. */
  readonly group: string;
  readonly topics: readonly string[];
  /** Must bear to be called again for the same event: a crash after it and before the commit repeats it. */
  readonly handle: (event: IncomingEvent, signal: AbortSignal) => Promise<void>;
  /** Whether the event has been handled before (an inbox); it is skipped then. */
  readonly isHandled?: (event: IncomingEvent) => Promise<boolean>;
  /** Whether another attempt is useless (a broken event, a rule of the domain). */
  readonly isPermanent?: (error: unknown) => boolean;
}

export interface ConsumerTools {
  readonly client: KafkaClient;
  readonly producer: EventProducer;
  readonly settings: ConsumerSettings;
  readonly metrics: Metrics;
}

const longestDelayMs = 10_000;
/** Well below the session timeout of 30 s, after which the group goes on without this member. */
const heartbeatMs = 3000;

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
  const handler = new EventHandler(options, tools, stop.signal);
  let running = Promise.resolve();
  return {
    name: `kafka ${options.group}`,
    start: async () => {
      running = run(consumer, handler, options, { logger: client.logger, signal: stop.signal });
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
  handler: EventHandler,
  { topics, group }: ConsumerOptions,
  tools: { readonly logger: Logger; readonly signal: AbortSignal },
): Promise<void> {
  const connect = async () => {
    await consumer.connect();
    await consumer.subscribe({ topics: [...topics], fromBeginning: true });
  };
  await connectPatiently(connect, { what: `consumer ${group}`, ...tools });
  if (!tools.signal.aborted) {
    await consumer.run({ eachBatchAutoResolve: false, eachBatch: (payload) => handler.handleBatch(payload) });
  }
}

class EventHandler {
  readonly #options: ConsumerOptions;
  readonly #tools: ConsumerTools;
  readonly #metrics: KafkaMetrics;
  readonly #signal: AbortSignal;

  constructor(options: ConsumerOptions, tools: ConsumerTools, signal: AbortSignal) {
    this.#options = options;
    this.#tools = tools;
    this.#metrics = kafkaMetrics(tools.metrics);
    this.#signal = signal;
  }

  /** One event after the other; the place is kept after each, so that a stop repeats at most the one it interrupts. */
  async handleBatch(payload: EachBatchPayload): Promise<void> {
    const { batch, isRunning, isStale, resolveOffset, heartbeat, commitOffsetsIfNecessary } = payload;
    for (const message of batch.messages) {
      if (!isRunning() || isStale() || this.#signal.aborted) return;
      const beat = setInterval(() => void heartbeat().catch(() => undefined), heartbeatMs);
      try {
        await this.#handle(eventOf(batch.topic, batch.partition, message));
      } finally {
        clearInterval(beat);
      }
      resolveOffset(message.offset);
      await heartbeat();
      await commitOffsetsIfNecessary();
    }
  }

  async #handle(event: IncomingEvent): Promise<void> {
    const { topic } = event;
    const outcome = (await this.#options.isHandled?.(event)) === true ? 'skipped' : await this.#try(event);
    this.#metrics.consumed.inc({ topic, outcome });
    this.#metrics.age.observe({ topic }, Math.max(0, Date.now() - event.time.getTime()) / 1000);
  }

  async #try(event: IncomingEvent): Promise<'handled' | 'dead'> {
    const { maxAttempts, retryDelayMs } = this.#tools.settings;
    for (let attempt = 1; ; attempt += 1) {
      try {
        await this.#options.handle(event, this.#signal);
        return 'handled';
      } catch (error) {
        // Stopping: the event stays where it is and is handled after the next start.
        if (this.#signal.aborted) throw error;
        if (attempt >= maxAttempts || this.#options.isPermanent?.(error) === true) {
          await this.#bury(event, error, attempt);
          return 'dead';
        }
        this.#metrics.retries.inc({ topic: event.topic });
        const wait = doublingMs({ first: retryDelayMs, last: longestDelayMs }, attempt);
        await delay(wait, undefined, { signal: this.#signal });
      }
    }
  }

  /** The event as it came, with the reason. Fails when that cannot be stored: then the event is tried again. */
  async #bury(event: IncomingEvent, error: unknown, attempts: number): Promise<void> {
    const reason = error instanceof Error ? error.message : String(error);
    this.#tools.client.logger.error(
      { err: error, event: event.id, topic: event.topic, attempts },
      'an event is given up',
    );
    await this.#tools.producer.send({
      topic: deadLetterTopic(event.topic),
      key: event.key,
      value: event.value,
      headers: {
        ...event.headers,
        'x-error': reason.slice(0, 1000),
        'x-attempts': String(attempts),
        'x-original-topic': event.topic,
        'x-original-partition': String(event.partition),
        'x-original-offset': event.offset,
        'x-consumer-group': this.#options.group,
      },
    });
  }
}

function eventOf(topic: string, partition: number, message: KafkaMessage): IncomingEvent {
  const headers = Object.fromEntries(
    Object.entries(message.headers ?? {}).flatMap(([name, value]) => {
      const first = Array.isArray(value) ? value[0] : value;
      return first === undefined ? [] : [[name, first.toString()]];
    }),
  );
  return {
    id: headers['ce_id'] ?? `${topic}/${partition}/${message.offset}`,
    topic,
    partition,
    offset: message.offset,
    key: message.key?.toString() ?? '',
    value: message.value?.toString() ?? '',
    headers,
    time: new Date(Number(message.timestamp)),
  };
}
