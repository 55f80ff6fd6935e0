/** The present rebuild, where every replica sees it. */
import type { SearchClient } from '#chassis/search/client.ts';
import type { Rebuild } from '../domain/rebuild.ts';
import type { IndexNames } from './names.ts';
import { type Place, readRecord, type StoredRecord, writeRecord } from './records.ts';

const id = 'rebuild';

export type StoredRebuild = StoredRecord<Rebuild>;

export function readRebuild(client: SearchClient, names: IndexNames): Promise<StoredRebuild | undefined> {
  return readRecord<Rebuild>(client, names.state, id);
}

/** Undefined when somebody else changed it since `on`. */
export function writeRebuild(
  client: SearchClient,
  names: IndexNames,
  on: Place | undefined,
  rebuild: Rebuild,
): Promise<StoredRebuild | undefined> {
  return writeRecord(client, { index: names.state, id, on }, rebuild);
}
