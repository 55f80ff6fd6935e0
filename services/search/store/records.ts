/** Records as documents that are read and written by their ids. */
import type { SearchClient } from '#chassis/search/client.ts';
import { SearchRefusedError } from '#chassis/search/errors.ts';
import type { Records, StoredRecord } from '../domain/records.ts';
import { isMissing } from './aliases.ts';
import type { IndexNames } from './names.ts';

export function createRecords(client: SearchClient, { state }: IndexNames): Records {
  return {
    read: (id) => readRecord(client, pathOf(state, id)),
    write: (id, on, value) => writeRecord(client, `${pathOf(state, id)}?${on ?? 'op_type=create'}`, value),
  };
}

function pathOf(index: string, id: string): string {
  return `/${encodeURIComponent(index)}/_doc/${encodeURIComponent(id)}`;
}

interface StateAnswer {
  readonly _version: number;
  readonly _seq_no: number;
  readonly _primary_term: number;
}

async function readRecord<T>(client: SearchClient, path: string): Promise<StoredRecord<T> | undefined> {
  try {
    const answer = await client.send<StateAnswer & { readonly _source: T }>({
      operation: 'get',
      method: 'GET',
      path,
      isSafe: true,
    });
    return toRecord(answer, answer._source);
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}

async function writeRecord<T extends object>(
  client: SearchClient,
  path: string,
  value: T,
): Promise<StoredRecord<T> | undefined> {
  try {
    return toRecord(
      await client.send<StateAnswer>({ operation: 'put', method: 'PUT', path, body: value, isSafe: false }),
      value,
    );
  } catch (error) {
    if (error instanceof SearchRefusedError && error.status === 409) return undefined;
    throw error;
  }
}

/** Its place is the condition that the next write is sent with. */
function toRecord<T>({ _version, _seq_no, _primary_term }: StateAnswer, value: T): StoredRecord<T> {
  return { value, version: _version, place: `if_seq_no=${_seq_no}&if_primary_term=${_primary_term}` };
}
