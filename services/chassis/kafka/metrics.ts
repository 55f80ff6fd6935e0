/** Metrics of events that a service sends and handles. */
import { Counter, Gauge, Histogram } from 'prom-client';
import { latencyBuckets, type Metrics } from '../metrics.ts';

export interface KafkaMetrics {
  readonly produced: Counter<'topic'>;
  readonly batchSize: Histogram;
  readonly produceDuration: Histogram;
  readonly produceFailures: Counter;
  readonly consumed: Counter<'topic' | 'outcome'>;
  readonly retries: Counter<'topic'>;
  readonly age: Histogram<'topic'>;
  readonly lag: Gauge<'group' | 'topic' | 'partition'>;
  readonly pauses: Counter<'group'>;
}

const registered = new WeakMap<Metrics, KafkaMetrics>();

/** One set per registry: a service may have a producer and several consumers. */
export function kafkaMetrics(metrics: Metrics): KafkaMetrics {
  const present = registered.get(metrics) ?? createMetrics(metrics);
  registered.set(metrics, present);
  return present;
}

function createMetrics({ registry }: Metrics): KafkaMetrics {
  const registers = [registry];
  return {
    produced: new Counter({
      name: 'kafka_events_produced_total',
      help: 'Events that all copies that must confirm have.',
      labelNames: ['topic'],
      registers,
    }),
    batchSize: new Histogram({
      name: 'kafka_produce_batch_events',
      help: 'Events per request.',
      buckets: [1, 2, 5, 10, 20, 50, 100, 200, 500],
      registers,
    }),
    produceDuration: new Histogram({
      name: 'kafka_produce_duration_seconds',
      help: 'Time of one request, with its repetitions.',
      buckets: latencyBuckets,
      registers,
    }),
    produceFailures: new Counter({
      name: 'kafka_produce_failures_total',
      help: 'Requests of which it is not known what was stored.',
      registers,
    }),
    consumed: new Counter({
      name: 'kafka_events_consumed_total',
      help: 'Events by outcome: handled, skipped (handled before), ignored (of no concern), retry (tried again later) or dead (given up).',
      labelNames: ['topic', 'outcome'],
      registers,
    }),
    retries: new Counter({
      name: 'kafka_event_retries_total',
      help: 'Repeated attempts to handle an event.',
      labelNames: ['topic'],
      registers,
    }),
    age: new Histogram({
      name: 'kafka_event_age_seconds',
      help: 'Time from the event to the end of its handling.',
      labelNames: ['topic'],
      buckets: latencyBuckets,
      registers,
    }),
    lag: new Gauge({
      name: 'kafka_consumer_lag_events',
      help: 'Events of a partition that the consumer has not handled yet, as of its last fetch.',
      labelNames: ['group', 'topic', 'partition'],
      registers,
    }),
    pauses: new Counter({
      name: 'kafka_consumer_pauses_total',
      help: 'Times that a consumer let requests go first which waited for a database connection.',
      labelNames: ['group'],
      registers,
    }),
  };
}
