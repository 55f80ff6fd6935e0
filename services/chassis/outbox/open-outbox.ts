/** The outbox of a service: what it appends with, and the workers that publish and tidy up. */

import type { ServiceName } from '#contracts/services.ts';
import { topicsProducedBy } from '#contracts/topics.ts';
import { createKafkaCheck, type KafkaSettings, openKafka } from '../kafka/client.ts';
import { openBatchProducer, type ProducerSettings } from '../kafka/producer.ts';
import type { ConnectionSettings } from '../postgres/client-config.ts';
import type { Database } from '../postgres/database.ts';
import { openSession } from '../postgres/session.ts';
import { createPurge } from '../purge.ts';
import type { Platform, Worker } from '../service.ts';
import { createOutboxMetrics } from './metrics.ts';
import { createOutbox, type Outbox, type PayloadSeal } from './outbox.ts';
import { createRelay, type RelayPace } from './relay.ts';
import { purgePublished } from './store.ts';

export interface OutboxSettings {
  readonly pollMs: number;
  readonly notify: boolean;
  readonly keepHours: number;
}

/** Of the service's platform. Without `bootstrapServers` nothing is published and events wait. */
export interface OutboxPlatform extends Pick<Platform<never>, 'logger' | 'metrics' | 'addCheck' | 'onClose'> {
  readonly settings: {
    readonly postgres: ConnectionSettings;
    readonly kafka: Omit<KafkaSettings, 'bootstrapServers'> &
      ProducerSettings & { readonly bootstrapServers?: readonly string[] | undefined };
    readonly outbox: OutboxSettings;
  };
}

export interface OpenedOutbox {
  readonly outbox: Outbox;
  /** For the service's `workers`. */
  readonly workers: readonly Worker[];
}

/** Opens nothing yet: connections are made when the workers start. Kafka's health is shown and never required. */
export function openOutbox(
  service: ServiceName,
  platform: OutboxPlatform,
  database: Database,
  seal?: PayloadSeal,
): OpenedOutbox {
  const { settings, logger, metrics } = platform;
  const topics = topicsProducedBy(service);
  const outbox = createOutbox({ service, topics, notify: settings.outbox.notify, seal });
  const purge = createPurge(
    {
      what: 'published events of the outbox',
      purgedMetric: 'outbox_events_purged_total',
      failuresMetric: 'outbox_purge_failures_total',
      purge: (limit) => purgePublished(database.primary, settings.outbox.keepHours, limit),
    },
    { logger, metrics },
  );
  const relay = openRelay(service, platform, { database, topics, seal });
  return { outbox, workers: relay === undefined ? [purge] : [relay, purge] };
}

interface RelayOf {
  readonly database: Database;
  readonly topics: readonly string[];
  readonly seal: PayloadSeal | undefined;
}

function openRelay(
  service: ServiceName,
  { settings, logger, metrics, addCheck, onClose }: OutboxPlatform,
  { database, topics, seal }: RelayOf,
): Worker | undefined {
  const { bootstrapServers, ...kafkaSettings } = settings.kafka;
  const outboxMetrics = createOutboxMetrics(metrics, database.primary);
  if (bootstrapServers === undefined) {
    logger.warn('no Kafka is configured: events wait in the outbox');
    return undefined;
  }
  const client = openKafka({ ...kafkaSettings, bootstrapServers }, { service, logger });
  const check = createKafkaCheck(client);
  addCheck(check);
  onClose('kafka', () => check.close());
  return createRelay(
    { topics, pace: toPace(settings) },
    {
      openSession: () => openSession(settings.postgres, `${service} outbox relay`),
      openProducer: () => openBatchProducer(client, settings.kafka, metrics),
      metrics: outboxMetrics,
      logger,
      seal,
    },
  );
}

function toPace({ outbox, kafka }: OutboxPlatform['settings']): RelayPace {
  return {
    batchMaxEvents: kafka.batchMaxEvents,
    pollMs: outbox.pollMs,
    retryDelayMs: 200,
    // Requests have ended when workers stop: what is left of the grace of 25 s is for this.
    stopPatienceMs: 5000,
    takeOverMs: 1000,
  };
}
