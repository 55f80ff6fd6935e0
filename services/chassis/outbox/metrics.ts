/** Metrics of the outbox. Every replica tells the backlog, whoever publishes it. */
import { Counter, Gauge, Histogram } from 'prom-client';
import { latencyBuckets, type Metrics } from '../metrics.ts';
import type { Connection } from '../postgres/statement.ts';
import { countedAtMost, readBacklog } from './store.ts';

export interface OutboxMetrics {
  readonly published: Counter<'topic'>;
  readonly failures: Counter<'topic'>;
  readonly blockedKeys: Gauge<'topic'>;
  readonly isLeader: Gauge;
  readonly delay: Histogram<'topic'>;
}

/** How long an answer about the backlog is told again: several scrapers cost one look. */
const backlogFreshMs = 1000;

export function createOutboxMetrics({ registry }: Metrics, connection: Connection): OutboxMetrics {
  const registers = [registry];
  observeBacklog(registers, connection);
  return {
    published: new Counter({
      name: 'outbox_events_published_total',
      help: 'Events that Kafka has confirmed and that are marked as published.',
      labelNames: ['topic'],
      registers,
    }),
    failures: new Counter({
      name: 'outbox_publish_failures_total',
      help: 'Batches, or single refused events, that could not be published and are tried again.',
      labelNames: ['topic'],
      registers,
    }),
    blockedKeys: new Gauge({
      name: 'outbox_blocked_keys',
      help: 'Keys whose oldest event Kafka refuses; their events wait, those of other keys go on.',
      labelNames: ['topic'],
      registers,
    }),
    isLeader: new Gauge({ name: 'outbox_relay_leader', help: '1 in the replica that publishes.', registers }),
    delay: new Histogram({
      name: 'outbox_publish_delay_seconds',
      help: 'Time from the begin of the transaction that wrote an event to its publication.',
      labelNames: ['topic'],
      buckets: latencyBuckets,
      registers,
    }),
  };
}

function observeBacklog(registers: Metrics['registry'][], connection: Connection): void {
  const pending = new Gauge({
    name: 'outbox_pending_events',
    help: `Events that are not published yet, counted up to ${countedAtMost}.`,
    registers,
    collect: () => look(),
  });
  const oldest = new Gauge({
    name: 'outbox_oldest_seconds',
    help: 'Age of the oldest event that is not published yet; 0 when there is none.',
    registers,
    collect: () => look(),
  });
  let running: Promise<void> | undefined;
  let lookedAt = Number.NEGATIVE_INFINITY;
  const read = async (): Promise<void> => {
    try {
      const backlog = await readBacklog(connection);
      pending.set(backlog.pending);
      oldest.set(backlog.oldestSeconds);
      lookedAt = performance.now();
    } catch {
      // The database is away; other metrics tell, and the last values are the best known.
    } finally {
      running = undefined;
    }
  };
  const look = async (): Promise<void> => {
    if (performance.now() - lookedAt < backlogFreshMs) return;
    running ??= read();
    await running;
  };
}
