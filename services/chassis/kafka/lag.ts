/** How many events a consumer has still before it. */

import type { Metrics } from '../metrics.ts';
import { type KafkaMetrics, kafkaMetrics } from './metrics.ts';

interface Place {
  readonly topic: string;
  readonly partition: number;
}

/** By partition, as of the last fetch: a partition that is not read tells what it told last. */
export class ConsumerLag {
  readonly #group: string;
  readonly #gauge: KafkaMetrics['lag'];
  readonly #told = new Map<string, Place>();

  constructor(group: string, metrics: Metrics) {
    this.#group = group;
    this.#gauge = kafkaMetrics(metrics).lag;
  }

  /** `next` is the first offset that is not handled, `highWatermark` the one that the next event will have. */
  tell({ topic, partition }: Place, next: string, highWatermark: string): void {
    this.#told.set(`${topic}/${partition}`, { topic, partition });
    const events = Number(BigInt(highWatermark) - BigInt(next));
    this.#gauge.set({ group: this.#group, topic, partition }, Math.max(0, events));
  }

  /** Partitions that another member reads now are told by that one alone. */
  keepOnly(assignment: Readonly<Record<string, readonly number[]>>): void {
    for (const [name, { topic, partition }] of this.#told) {
      if (assignment[topic]?.includes(partition) === true) continue;
      this.#told.delete(name);
      this.#gauge.remove({ group: this.#group, topic, partition });
    }
  }
}
