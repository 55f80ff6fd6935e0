/** Records that are read and written by their ids, each change on the version that was read. */
import type { SearchClient } from '#chassis/search/client.ts';
import { SearchRefusedError } from '#chassis/search/errors.ts';
import { isMissing } from './aliases.ts';

export interface StoredRecord<T> {
  readonly value: T;
  /** Grows with each change. */
  readonly version: number;
  /** Elasticsearch's own place of the change: a write that names it is refused when another came between. */
  readonly place: Place;
}

export interface Place {
  readonly seqNo: number;
  readonly primaryTerm: number;
}

interface GetAnswer<T> {
  readonly found?: boolean;
  readonly _source: T;
  readonly _version: number;
  readonly _seq_no: number;
  readonly _primary_term: number;
}

/** The newest state of a record, also one that no search finds yet; undefined when there is none. */
export async function readRecord<T>(
  client: SearchClient,
  index: string,
  id: string,
): Promise<StoredRecord<T> | undefined> {
  const path = `/${encodeURIComponent(index)}/_doc/${encodeURIComponent(id)}`;
  try {
    const answer = await client.send<GetAnswer<T>>({ operation: 'get', method: 'GET', path, isSafe: true });
    const { _source: value, _version: version, _seq_no: seqNo, _primary_term: primaryTerm } = answer;
    return { value, version, place: { seqNo, primaryTerm } };
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}

/**
 * Writes the record on top of the state that was read (`undefined`: there was none). Resolves with the new state, or with undefined
 * when somebody else was faster. A request that nobody answered may have been carried out.
 */
export async function writeRecord<T extends object>(
  client: SearchClient,
  { index, id, on }: { readonly index: string; readonly id: string; readonly on: Place | undefined },
  value: T,
): Promise<StoredRecord<T> | undefined> {
  const condition = on === undefined ? 'op_type=create' : `if_seq_no=${on.seqNo}&if_primary_term=${on.primaryTerm}`;
  const path = `/${encodeURIComponent(index)}/_doc/${encodeURIComponent(id)}?${condition}`;
  try {
    const answer = await client.send<Omit<GetAnswer<T>, '_source'>>({
      operation: 'put',
      method: 'PUT',
      path,
      body: value,
      isSafe: false,
    });
    const { _version: version, _seq_no: seqNo, _primary_term: primaryTerm } = answer;
    return { value, version, place: { seqNo, primaryTerm } };
  } catch (error) {
    if (error instanceof SearchRefusedError && error.status === 409) return undefined;
    throw error;
  }
}
