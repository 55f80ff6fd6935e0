/** The synonyms as this replica knows them. */
import type { Logger } from '#chassis/logger.ts';
import { createRecurring } from '#chassis/recurring.ts';
import type { Worker } from '#chassis/service.ts';
import type { Records, StoredRecord } from '../domain/records.ts';
import { compileSynonyms, type SynonymRule, type Synonyms } from '../domain/synonyms.ts';

export interface SynonymSet {
  /** 0: nobody has set any yet. */
  readonly version: number;
  readonly rules: readonly SynonymRule[];
}

export interface SynonymBook {
  /** For questions. */
  readonly current: Synonyms;
  readonly worker: Worker;
  /** Takes over a set that was just written, without waiting for the next look. */
  take(set: SynonymSet): void;
}

const recordId = 'synonyms';

interface SynonymsRecord {
  readonly rules: readonly SynonymRule[];
}

/** Looks for a changed set again and again: all replicas have it within one period. */
export function createSynonymBook({
  records,
  logger,
  pollMs,
}: {
  readonly records: Records;
  readonly logger: Logger;
  readonly pollMs: number;
}): SynonymBook {
  let version = -1;
  let current = compileSynonyms([]);
  const take = (set: SynonymSet): void => {
    if (set.version <= version) return;
    version = set.version;
    current = compileSynonyms(set.rules);
  };
  const work = async () => {
    take(await readSynonyms(records));
    return { nextMs: pollMs };
  };
  return {
    get current() {
      return current;
    },
    worker: createRecurring('synonyms', work, { logger, retryMs: pollMs }),
    take,
  };
}

export async function readSynonyms(records: Records): Promise<SynonymSet> {
  return toSet(await records.read<SynonymsRecord>(recordId));
}

/** Replaces the set of `version`; undefined when it is another one by now. */
export async function replaceSynonyms(
  records: Records,
  version: number | 'any',
  rules: readonly SynonymRule[],
): Promise<SynonymSet | undefined> {
  const present = await records.read<SynonymsRecord>(recordId);
  if (version !== 'any' && version !== toSet(present).version) return undefined;
  const written = await records.write(recordId, present?.place, { rules });
  return written === undefined ? undefined : toSet(written);
}

function toSet(record: StoredRecord<SynonymsRecord> | undefined): SynonymSet {
  return record === undefined ? { version: 0, rules: [] } : { version: record.version, rules: record.value.rules };
}
