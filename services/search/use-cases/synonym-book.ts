/** The synonyms as this replica knows them. */
import type { Logger } from '#chassis/logger.ts';
import { createRecurring } from '#chassis/recurring.ts';
import type { SearchClient } from '#chassis/search/client.ts';
import type { Worker } from '#chassis/service.ts';
import { compileSynonyms, type SynonymRule, type Synonyms } from '../domain/synonyms.ts';
import type { IndexNames } from '../store/names.ts';
import { readRecord, type StoredRecord, writeRecord } from '../store/records.ts';

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
  client,
  names,
  logger,
  pollMs,
}: {
  readonly client: SearchClient;
  readonly names: IndexNames;
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
    take(await readSynonyms(client, names));
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

export async function readSynonyms(client: SearchClient, names: IndexNames): Promise<SynonymSet> {
  return toSet(await readRecord<SynonymsRecord>(client, names.state, recordId));
}

/** Replaces the set of `version`; undefined when it is another one by now. */
export async function replaceSynonyms(
  client: SearchClient,
  names: IndexNames,
  version: number | 'any',
  rules: readonly SynonymRule[],
): Promise<SynonymSet | undefined> {
  const present = await readRecord<SynonymsRecord>(client, names.state, recordId);
  if (version !== 'any' && version !== toSet(present).version) return undefined;
  const written = await writeRecord(client, { index: names.state, id: recordId, on: present?.place }, { rules });
  return written === undefined ? undefined : toSet(written);
}

function toSet(record: StoredRecord<SynonymsRecord> | undefined): SynonymSet {
  return record === undefined ? { version: 0, rules: [] } : { version: record.version, rules: record.value.rules };
}
