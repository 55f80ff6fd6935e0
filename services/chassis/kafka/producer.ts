/** Sends events: idempotent, compressed, acknowledged by all copies that must confirm, in groups. */
import type { Producer, TopicMessages } from 'kafkajs';
import type { Metrics } from '../metrics.ts';
import { connectPatiently, type KafkaClient, retryFor } from './client.ts';
import { GroupCommit } from './group-commit.ts';
import { type KafkaMetrics, kafkaMetrics } from './metrics.ts';
import { Destinations, sendWhole } from './whole-batch.ts';

export interface ProducerSettings {
  /** Most events of one request. */
  readonly batchMaxEvents: number;
  /** How long `send` waits for the acknowledgement, milliseconds. */
  readonly sendTimeoutMs: number;
}

/** An event on its way out. Events of one key keep their order. */
export interface OutgoingEvent {
  readonly topic: string;
  readonly key: string | Buffer | null;
  readonly value: string | Buffer | null;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface EventProducer {
  /**
   * Resolves when the event is stored. A rejection leaves open whether it is: who must know sends it again (from an
   * outbox), and consumers recognise it by its id.
   */
  send(event: OutgoingEvent): Promise<void>;
  /** Sends what waits and ends the connection. */
  close(): Promise<void>;
}

/** Connects in the background and for ever. */
export function openProducer(client: KafkaClient, settings: ProducerSettings, metrics: Metrics): EventProducer {
  const link = new ProducerLink(client, settings.sendTimeoutMs);
  const measures = kafkaMetrics(metrics);
  const commit = new GroupCommit<OutgoingEvent>(settings.batchMaxEvents, (events) => sendBatch(link, events, measures));
  return {
    send: (event) => commit.add(event),
    close: async () => {
      await commit.drain();
      await link.close();
    },
  };
}

/** Sends what belongs together in one request. Calls must not overlap. */
export interface BatchProducer {
  /** Resolves when all are stored; a rejection leaves open which are. */
  send(events: readonly OutgoingEvent[]): Promise<void>;
  close(): Promise<void>;
}

/** A producer without groups of its own: for whoever has batches already. */
export function openBatchProducer(
  client: KafkaClient,
  { sendTimeoutMs }: Pick<ProducerSettings, 'sendTimeoutMs'>,
  metrics: Metrics,
): BatchProducer {
  const link = new ProducerLink(client, sendTimeoutMs);
  const measures = kafkaMetrics(metrics);
  return { send: (events) => sendBatch(link, events, measures), close: () => link.close() };
}

async function sendBatch(link: ProducerLink, events: readonly OutgoingEvent[], measures: KafkaMetrics): Promise<void> {
  const topicMessages = [...Map.groupBy(events, ({ topic }) => topic)].map(([topic, ofTopic]) => ({
    topic,
    messages: ofTopic.map(({ key, value, headers }) => ({ key, value, ...(headers === undefined ? {} : { headers }) })),
  }));
  const end = measures.produceDuration.startTimer();
  try {
    await link.send(topicMessages);
  } catch (error) {
    measures.produceFailures.inc();
    throw error;
  } finally {
    end();
  }
  measures.batchSize.observe(events.length);
  for (const { topic, messages } of topicMessages) measures.produced.inc({ topic }, messages.length);
}

/**
 * The connection behind the producer. After a failed request it is replaced by one with a new producer id: kafkajs would
 * use the failed request's sequence numbers for the next events, and brokers that did store it would take those for
 * repetitions, acknowledge them and drop them.
 */
class ProducerLink {
  readonly #client: KafkaClient;
  readonly #timeoutMs: number;
  readonly #stop = new AbortController();
  #current: Link;

  constructor(client: KafkaClient, timeoutMs: number) {
    this.#client = client;
    this.#timeoutMs = timeoutMs;
    this.#current = this.#open();
  }

  async send(batch: readonly TopicMessages[]): Promise<void> {
    const { producer, destinations, ready } = this.#current;
    let isLate = false;
    let attempt: Promise<unknown> | undefined;
    const done = ready.then(() => {
      // Nobody waits any more: sent now, the event would come a second time, behind newer ones.
      if (!isLate) attempt = sendWhole(producer, destinations, batch);
      return attempt;
    });
    try {
      await withDeadline(done, this.#timeoutMs);
    } catch (error) {
      isLate = true;
      // Without an attempt no sequence number is used up: the connection goes on trying.
      if (attempt !== undefined) this.#replace(producer, attempt);
      throw error;
    }
  }

  async close(): Promise<void> {
    this.#stop.abort();
    await this.#current.producer.disconnect();
  }

  #replace(producer: Producer, attempt: Promise<unknown>): void {
    if (!this.#stop.signal.aborted) this.#current = this.#open();
    const disconnect = () => producer.disconnect().catch(() => undefined);
    void disconnect();
    // kafkajs connects again for what it still repeats.
    void attempt.catch(() => undefined).then(disconnect);
  }

  #open(): Link {
    const destinations = new Destinations();
    const producer = this.#client.kafka.producer({
      idempotent: true,
      // The order within a partition holds over repetitions only so.
      maxInFlightRequests: 1,
      allowAutoTopicCreation: false,
      createPartitioner: destinations.createPartitioner,
      // The time-out decides when a send is given up, and nothing goes on long after it.
      retry: retryFor(this.#timeoutMs),
    });
    const { signal } = this.#stop;
    const connecting = { what: 'producer', logger: this.#client.logger, signal };
    return { producer, destinations, ready: connectPatiently(() => producer.connect(), connecting) };
  }
}

interface Link {
  readonly producer: Producer;
  readonly destinations: Destinations;
  readonly ready: Promise<void>;
}

async function withDeadline(work: Promise<unknown>, timeoutMs: number): Promise<void> {
  const { promise: late, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(new Error(`kafka did not acknowledge within ${timeoutMs} ms`)), timeoutMs);
  try {
    await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
    // Whoever lost the race may still reject.
    work.catch(() => undefined);
  }
}
