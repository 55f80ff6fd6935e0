/** Takes over changed keys of personal data, once they open all there is. */
import { Gauge, type Registry } from 'prom-client';
import type { Live } from '#chassis/config/live.ts';
import type { Logger } from '#chassis/logger.ts';
import type { Database } from '#chassis/postgres/database.ts';
import { createRecurring } from '#chassis/recurring.ts';
import type { Worker } from '#chassis/service.ts';
import { createPersonalData, type ReplaceableKeys } from './secrets/personal-data.ts';
import type { PersonalDataKey } from './secrets/personal-data-keys.ts';
import { findUnknownKeys } from './store/reseal.ts';

export interface KeyAdoption {
  readonly database: Pick<Database, 'primary'>;
  readonly personalData: ReplaceableKeys;
  /** Those that the service was given last. `personalData` has begun with the first ones. */
  readonly wanted: Live<readonly PersonalDataKey[]>;
}

/** A look costs nothing while the keys are the same. */
const periodMs = 1000;

/**
 * A starting process that lacks a key is never ready, and the pods before it go on. One that runs already goes on with the keys that it has:
 * otherwise a wrong word in a Secret would lock out everybody, in all pods at once.
 */
export function createKeyAdoption(
  { database, personalData, wanted }: KeyAdoption,
  { logger, registry }: { readonly logger: Logger; readonly registry: Registry },
): Worker {
  const refused = new Gauge({
    name: 'personal_data_keys_refused',
    help: '1 while the service was given keys that lack one which rows are sealed with, and goes on with those before.',
    registers: [registry],
  });
  let adopted = wanted.current;
  let told: readonly PersonalDataKey[] | undefined;
  const work = async () => {
    const keys = wanted.current;
    if (keys === adopted) {
      refused.set(0);
      return { nextMs: periodMs };
    }
    const other = createPersonalData(keys);
    const unknown = await findUnknownKeys(database.primary, other);
    if (unknown.length === 0) {
      personalData.replace(other);
      adopted = keys;
      refused.set(0);
      logger.info({ keyIds: other.keyIds }, 'changed keys of personal data are in force');
      return { nextMs: periodMs };
    }
    refused.set(1);
    if (told !== keys)
      logger.error(
        { keyIds: other.keyIds, unknown },
        'changed keys of personal data lack one that rows are sealed with',
      );
    told = keys;
    return { nextMs: 5 * periodMs };
  };
  return createRecurring('keys of personal data', work, { logger, firstMs: periodMs, retryMs: 5 * periodMs });
}
