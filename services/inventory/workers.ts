/** What this service does by itself, again and again. */
import { Counter, Gauge, type Registry } from 'prom-client';
import type { Logger } from '#chassis/logger.ts';
import { createRecurring } from '#chassis/recurring.ts';
import type { Worker } from '#chassis/service.ts';
import type { Writer } from './deps.ts';
import { type DriftBatch, findDrifts } from './store/drift.ts';
import { expireOverdue } from './use-cases/end-reservations.ts';

export interface WorkerTools {
  readonly logger: Logger;
  readonly registry: Registry;
  readonly periodMs: number;
}

/** Some milliseconds of work, so that orders of the same SKUs hardly wait. */
const sweepBatch = 100;
/** Between two batches of a backlog. */
const backlogMs = 10;
/** Wait after a failure, milliseconds. */
const retryMs = 2000;

/** Ends reservations whose time is over. Every replica does so; what one has in hand the others skip. */
export function createSweeper(writer: Writer, { logger, registry, periodMs }: WorkerTools): Worker {
  const expired = new Counter({
    name: 'inventory_reservations_expired_total',
    help: 'Reservations that the sweeper ended because their time was over.',
    registers: [registry],
  });
  const work = async () => {
    const count = await expireOverdue(writer, sweepBatch);
    expired.inc(count);
    return { nextMs: count === sweepBatch ? backlogMs : periodMs };
  };
  return createRecurring('reservation sweeper', work, { logger, retryMs });
}

/** Levels of one statement. */
const verifyBatch = 2000;

/** Compares all counters with the ledger and tells where they differ: nowhere, unless there is a defect or somebody changed a row by hand. */
export function createVerifier({ database }: Writer, { logger, registry, periodMs }: WorkerTools): Worker {
  const drifting = new Gauge({
    name: 'inventory_drift_levels',
    help: 'Levels whose counters are not the sums of the ledger and of the reservations. Must be 0.',
    registers: [registry],
  });
  const verified = new Gauge({
    name: 'inventory_drift_checked_timestamp_seconds',
    help: 'When all levels had been compared last.',
    registers: [registry],
  });
  const work = async () => {
    let after: DriftBatch['last'] = null;
    let count = 0;
    do {
      const { drifts, last }: DriftBatch = await findDrifts(database.primary, after, verifyBatch);
      for (const drift of drifts) logger.error({ drift }, 'the counters of a level are not what the ledger says');
      count += drifts.length;
      after = last;
    } while (after !== null);
    drifting.set(count);
    verified.setToCurrentTime();
    return { nextMs: periodMs };
  };
  return createRecurring('stock verifier', work, { logger, retryMs });
}
