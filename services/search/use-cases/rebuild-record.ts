/** The present rebuild, where every replica sees it. */
import type { Rebuild } from '../domain/rebuild.ts';
import type { Records, StoredRecord } from '../domain/records.ts';

const id = 'rebuild';

export type StoredRebuild = StoredRecord<Rebuild>;

export function readRebuild(records: Records): Promise<StoredRebuild | undefined> {
  return records.read<Rebuild>(id);
}

/** On top of `present`; undefined when somebody else changed it since. */
export function writeRebuild(
  records: Records,
  present: StoredRebuild | undefined,
  rebuild: Rebuild,
): Promise<StoredRebuild | undefined> {
  return records.write(id, present?.place, rebuild);
}
