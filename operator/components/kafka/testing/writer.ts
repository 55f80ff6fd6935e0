import { CompressionTypes, type Consumer, type Kafka, Partitioners, type Producer } from 'kafkajs';
import { waitFor } from '#lab/control-plane/wait.ts';

/** What a writer saw while something was killed. */
export interface Written {
  /** Numbers that were acknowledged by every copy that must confirm. */
  readonly acknowledged: readonly number[];
  readonly attempts: number;
  /** Longest time between two acknowledged events, milliseconds. */
  readonly longestGapMs: number;
}

const patience = { timeoutMs: 30_000, intervalMs: 200 } as const;

/**
 * As services do: each broker learns of rights and copies in its own time after the cluster has agreed on them, and
 * kafkajs takes the first refusal for the last word. Rejects with the refusal when the time is over.
 */
async function connectPatiently(connect: () => Promise<void>): Promise<void> {
  const isConnected = () => connect().then(() => true);
  await waitFor('the writer is connected', isConnected, patience);
}

/** Sends numbered events one after another until `stop`; a failed one is sent again with the same number. */
export class EventWriter {
  readonly #producer: Producer;
  readonly #topic: string;
  readonly #acknowledged: number[] = [];
  #attempts = 0;
  #longestGapMs = 0;
  #stopped = false;
  #running: Promise<void> = Promise.resolve();

  private constructor(producer: Producer, topic: string) {
    this.#producer = producer;
    this.#topic = topic;
  }

  static async start(client: Kafka, topic: string): Promise<EventWriter> {
    const producer = client.producer({
      idempotent: true,
      maxInFlightRequests: 1,
      createPartitioner: Partitioners.DefaultPartitioner,
    });
    await connectPatiently(() => producer.connect());
    const writer = new EventWriter(producer, topic);
    writer.#running = writer.#run();
    return writer;
  }

  get count(): number {
    return this.#acknowledged.length;
  }

  async stop(): Promise<Written> {
    this.#stopped = true;
    await this.#running;
    await this.#producer.disconnect();
    const longestGapMs = Math.round(this.#longestGapMs);
    return { acknowledged: this.#acknowledged, attempts: this.#attempts, longestGapMs };
  }

  async #run(): Promise<void> {
    let last = performance.now();
    for (let number = 1; !this.#stopped; ) {
      this.#attempts += 1;
      const messages = [{ key: String(number), value: String(number) }];
      const isStored = await this.#producer
        .send({ topic: this.#topic, acks: -1, timeout: 5000, compression: CompressionTypes.GZIP, messages })
        .then(
          () => true,
          () => false,
        );
      if (isStored) {
        this.#longestGapMs = Math.max(this.#longestGapMs, performance.now() - last);
        last = performance.now();
        this.#acknowledged.push(number);
        number += 1;
      }
    }
  }
}

/** Reads the topic from its beginning until every number has come; answers how many came more than once. */
export async function readAll(
  client: Kafka,
  topic: string,
  group: string,
  numbers: readonly number[],
): Promise<{ readonly lost: readonly number[]; readonly repeated: number }> {
  const consumer: Consumer = client.consumer({ groupId: group });
  const missing = new Set(numbers);
  let count = 0;
  const { promise: complete, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, 30_000);
  await consumer.connect();
  await consumer.subscribe({ topic, fromBeginning: true });
  await consumer.run({
    eachMessage: async ({ message }) => {
      count += 1;
      missing.delete(Number(message.value?.toString()));
      if (missing.size === 0) {
        resolve();
      }
    },
  });
  await complete;
  clearTimeout(timer);
  await consumer.disconnect();
  return { lost: [...missing], repeated: Math.max(0, count - numbers.length) };
}
