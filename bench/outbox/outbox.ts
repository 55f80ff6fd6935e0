import { CompressionTypes, Partitioners, type Producer } from 'kafkajs';
import { retryFor } from '#chassis/kafka/client.ts';
import type { Bench, BenchOptions } from '../bench.ts';
import { descendantsMeter } from '../harness/descendants.ts';
import { type Comparison, cpuMsPerOperation, interleave, msPerOperation, valuesOf } from '../harness/interleave.ts';
import { meterOf, ownMeter } from '../harness/process-cpu.ts';
import { atMost, describeNoise, type Gate, ratio, type Section, type Table } from '../harness/report.ts';
import { median, pairRatios } from '../harness/statistics.ts';
import { type OutboxRig, type SampleEvent, startOutboxRig, topic } from './rig.ts';

/** Events of one slice, in one commit. */
const events = 5_000;
/** `APP_KAFKA_BATCH_MAX_EVENTS` */
const batch = 500;
/** Events that are counted. */
const counted = 2_000;

/** From the outbox to Kafka, against a producer that has its batches at hand. */
export const outboxBench: Bench = {
  name: 'outbox',
  title: 'publishing events that wait in an outbox',
  async run(options) {
    await using rig = await startOutboxRig();
    await rig.append(events);
    await rig.published();
    const gates = [...(await count(rig, 1)), ...(await count(rig, counted))];
    if (options.quick) {
      return { name: outboxBench.name, title: outboxBench.title, gates, ratios: [], tables: [], notes: [] };
    }
    return toSection(gates, await compare(rig, options));
  },
};

/**
 * Every batch is claimed by one statement and marked by another. A few more find nothing: after the last batch, after a
 * notification, and once a second.
 */
async function count(rig: OutboxRig, waiting: number): Promise<readonly Gate[]> {
  rig.kafka.tap.take();
  rig.sql.take();
  await rig.append(waiting);
  await rig.published();
  const requests = rig.kafka.tap.take().operations.filter((one) => one === 'Produce').length;
  const statements = rig.sql.take().operations.filter((one) => /^outbox_(claim|mark)/.test(one)).length;
  const batches = Math.ceil(waiting / batch);
  return [
    atMost(`Produce requests for ${waiting} waiting events`, requests, batches),
    atMost(`SQL statements of the relay for ${waiting} waiting events`, statements, 2 * batches + 4),
  ];
}

async function compare(rig: OutboxRig, { rounds }: BenchOptions): Promise<Comparison> {
  const sample = await rig.sample(events);
  const producer = rig.kafka.client.kafka.producer({
    idempotent: true,
    maxInFlightRequests: 1,
    allowAutoTopicCreation: false,
    createPartitioner: Partitioners.DefaultPartitioner,
    retry: retryFor(20_000),
  });
  await producer.connect();
  let before = 0;
  const prepare = async () => {
    before = await rig.kafka.count(topic);
  };
  const check = async () => {
    const stored = (await rig.kafka.count(topic)) - before;
    if (stored !== events) {
      throw new Error(`${stored} of ${events} events are in Kafka`);
    }
  };
  const variants = [
    { name: 'relay', prepare, check, run: () => publish(rig) },
    { name: 'raw', prepare, check, run: () => send(producer, sample) },
  ];
  const { pid } = rig.service;
  const meters = [meterOf('service', pid), ownMeter('bench'), descendantsMeter('servers', [pid])];
  try {
    return await interleave(variants, { rounds, meters });
  } finally {
    await producer.disconnect();
  }
}

async function publish(rig: OutboxRig): Promise<{ operations: number; wallMs: number }> {
  await rig.append(events);
  const begun = performance.now();
  await rig.published();
  return { operations: events, wallMs: performance.now() - begun };
}

async function send(producer: Producer, sample: readonly SampleEvent[]): Promise<number> {
  for (let from = 0; from < sample.length; from += batch) {
    const messages = sample
      .slice(from, from + batch)
      .map(({ headers, ...message }) => ({ ...message, headers: { ...headers } }));
    await producer.sendBatch({
      topicMessages: [{ topic, messages }],
      acks: -1,
      compression: CompressionTypes.GZIP,
      timeout: 5000,
    });
  }
  return sample.length;
}

function toSection(gates: readonly Gate[], comparison: Comparison): Section {
  const rates = (name: string) => valuesOf(comparison, name, (slice) => 1 / msPerOperation(slice));
  return {
    name: outboxBench.name,
    title: outboxBench.title,
    gates,
    ratios: [
      ratio('events per second relay / raw producer', pairRatios(rates('relay'), rates('raw')), comparison, {
        bound: 'at least',
        value: 0.8,
      }),
    ],
    tables: [rateTable(comparison)],
    notes: [
      describeNoise(comparison),
      'Both: idempotent, acks=all, GZIP, one request in flight, batches of 500. The relay reads each event from PostgreSQL (fsync on) and marks it there in addition.',
    ],
  };
}

function rateTable(comparison: Comparison): Table {
  return {
    title: `Medians of ${comparison.rounds.length} slices of ${events} events; CPU in microseconds per event`,
    columns: [
      'way',
      'events/s',
      'best events/s',
      'CPU of the service',
      'CPU of the bench',
      'CPU of Kafka and PostgreSQL',
    ],
    rows: ['relay', 'raw'].map((name) => {
      const rates = valuesOf(comparison, name, (slice) => 1000 / msPerOperation(slice));
      const cpu = ['service', 'bench', 'servers'].map((one) => cpuMsPerOperation(comparison, name, one) * 1000);
      return [name, median(rates), Math.max(...rates), ...cpu];
    }),
  };
}
