/** A relay as a process of its own, which a test kills. Its only argument is a `RelayProcessOptions` as JSON. */
import process from 'node:process';
import { type KafkaSettings, openKafka } from '../kafka/client.ts';
import { openBatchProducer } from '../kafka/producer.ts';
import { silentLogger } from '../logger.ts';
import { createMetrics } from '../metrics.ts';
import { createOutboxMetrics } from '../outbox/metrics.ts';
import { createRelay, type RelayPace } from '../outbox/relay.ts';
import type { ConnectionSettings } from '../postgres/client-config.ts';
import { openSession } from '../postgres/session.ts';

export interface RelayProcessOptions {
  /** Name of its database session. */
  readonly name: string;
  readonly postgres: ConnectionSettings;
  readonly kafka: KafkaSettings;
  readonly topics: readonly string[];
  readonly pace: RelayPace;
}

const options = JSON.parse(process.argv[2] ?? '') as RelayProcessOptions; // the test wrote it
const client = openKafka(options.kafka, { service: 'test', logger: silentLogger });
const metrics = createMetrics('test', 'test');
const relay = createRelay(
  { topics: options.topics, pace: options.pace },
  {
    openSession: () => openSession(options.postgres, options.name),
    openProducer: () => openBatchProducer(client, { sendTimeoutMs: 20_000 }, metrics),
    metrics: createOutboxMetrics(metrics, { rows: async () => [] }),
    logger: silentLogger,
  },
);
// Whoever started it is gone, or was killed: nobody would end this process.
process.stdin.on('end', () => process.exit(0)).resume();
await relay.start();
