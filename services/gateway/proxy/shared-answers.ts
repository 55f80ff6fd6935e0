/**
 * What a service calls public is given to all guests who ask for it within the same moment: a page that a thousand people open at
 * once is asked for once a second ([why so](../../../docs/adr/0026-shared-answers.md)).
 */
import type { IncomingMessage } from 'node:http';
import type { Dispatcher } from 'undici';
import { cache, MemoryCacheStore } from '#chassis/http/undici-cache.ts';
import type { Identity } from '#contracts/identity.ts';

/** Room for the pages of a second: what is too old stays until room is needed, so it is memory that each gateway has less. */
const bounds = { maxCount: 512, maxSize: 4 * 1024 * 1024, maxEntrySize: 64 * 1024 };

type Key = Parameters<InstanceType<typeof MemoryCacheStore>['createWriteStream']>[0];
type Value = Parameters<InstanceType<typeof MemoryCacheStore>['createWriteStream']>[1];

/** Keeps nothing longer than `maxAgeMs`, whatever its service allows: a guest should see a change of the shop at once. */
class BriefStore extends MemoryCacheStore {
  readonly #maxAgeMs: number;

  constructor(maxAgeMs: number) {
    super(bounds);
    this.#maxAgeMs = maxAgeMs;
  }

  override createWriteStream(key: Key, value: Value) {
    const staleAt = Math.min(value.staleAt, Date.now() + this.#maxAgeMs);
    return super.createWriteStream(key, { ...value, staleAt, deleteAt: staleAt });
  }
}

/** `pool`, and before it what was answered within the last `maxAgeMs` milliseconds. With 0 just the pool. */
export function shareAnswers(pool: Dispatcher, maxAgeMs: number): Dispatcher {
  return maxAgeMs === 0
    ? pool
    : pool.compose(cache({ store: new BriefStore(maxAgeMs), methods: ['GET'], type: 'shared' }));
}

/**
 * Whether the answer of another guest is as good as one of its own. Not for who asks whether something has changed, or for a part
 * of it: the service answers that in fewer bytes.
 */
export function isShareable({ method, headers }: IncomingMessage, identity: Identity | undefined): boolean {
  if (method !== 'GET' || identity !== undefined) return false;
  return ['if-none-match', 'if-modified-since', 'range', 'cookie'].every((name) => headers[name] === undefined);
}

/** Whether a response comes from the store: a service itself says nothing of an age. */
export function isShared(headers: Readonly<Record<string, unknown>>): boolean {
  return headers['age'] !== undefined;
}
