/** Where answers to requests with an `Idempotency-Key` are kept, so that a repeated request is not carried out twice. */
import type { Reply } from '../http/route.ts';

/** What one request is remembered by. */
export interface IdempotencyKey {
  /** Operation and caller: the same key of two callers, or for two operations, are two keys. */
  readonly scope: string;
  readonly key: string;
  /** Digest of the body: another body with the same key is a mistake of the client. */
  readonly fingerprint: string;
}

export type IdempotencyClaim =
  /** This request is the first: carry it out, then `complete` or `release` with the token. */
  | { readonly state: 'claimed'; readonly token: string }
  /** It was carried out before: send this again. */
  | { readonly state: 'completed'; readonly reply: Reply }
  /** The first one is still running. */
  | { readonly state: 'running' }
  /** The key belongs to a request with another body. */
  | { readonly state: 'reused' };

export interface IdempotencyStore {
  claim(key: IdempotencyKey): Promise<IdempotencyClaim>;
  /** Remembers the reply; only the holder of the claim can. */
  complete(key: IdempotencyKey, token: string, reply: Reply): Promise<void>;
  /** Forgets the claim: the request failed and may be tried again. */
  release(key: IdempotencyKey, token: string): Promise<void>;
  /** Removes up to `limit` keys that have expired; resolves with how many. Several processes may do so at once. */
  purge(limit: number): Promise<number>;
}
