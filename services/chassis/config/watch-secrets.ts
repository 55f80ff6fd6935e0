/** Looks again and again whether the files of settings have changed. */
import { Counter, type Registry } from 'prom-client';
import type { Logger } from '../logger.ts';
import { createRecurring } from '../recurring.ts';
import type { Worker } from '../service.ts';
import type { Reload } from './settings.ts';

export interface SecretsWatch {
  readonly reload: () => Reload;
  readonly periodMs: number;
  readonly logger: Logger;
  readonly registry: Registry;
}

/**
 * Reads all files each time. They are few and in memory, and a look that compares texts needs to know nothing of how they are replaced; a
 * kubelet itself takes up to a minute and a half to bring a change.
 */
export function watchSecrets({ reload, periodMs, logger, registry }: SecretsWatch): Worker {
  const reloads = new Counter({
    name: 'secrets_reloads_total',
    help: 'Changes of files with settings: applied, or refused because a value is not valid.',
    labelNames: ['outcome'],
    registers: [registry],
  });
  for (const outcome of ['applied', 'refused']) reloads.inc({ outcome }, 0);
  const work = async () => {
    const { applied, waiting, faults } = reload();
    if (applied.length > 0) {
      reloads.inc({ outcome: 'applied' });
      logger.info({ variables: applied }, 'changed settings are in force');
    }
    if (waiting.length > 0) logger.info({ variables: waiting }, 'changed settings wait for the next start');
    if (faults.length > 0) {
      reloads.inc({ outcome: 'refused' });
      logger.error({ faults }, 'changed settings are refused, and those before stay in force');
    }
    return { nextMs: periodMs };
  };
  return createRecurring('files of settings', work, { logger, firstMs: periodMs, retryMs: periodMs });
}
