/**
 * Offers in Redis, one key per variant. Events and answers of the product service may come in any order: an older offer never takes
 * the place of a newer one.
 *
 * A variant that was removed is missing in the events of its product, so a hash per product knows its variants that are cached, and the
 * newest version that an event told of. Who caches an answer is entered there first: either it sees that it comes too late, or the
 * event sees the variant.
 */
import type { RedisClient } from '#chassis/redis/redis.ts';
import type { Offer } from '../domain/offer.ts';
import { askRedis } from '../store/redis-problems.ts';
import { goneOffer } from './product-offers.ts';

/** What the cache says: an offer, `null` when the variant is not there, nothing when it does not know. */
export type CachedOffer = Offer | null | undefined;

/** A product after a change; without offers it is gone. */
export interface ChangedProduct {
  readonly id: string;
  readonly version: number;
  readonly offers: readonly Offer[];
}

export interface OfferCache {
  /** In the order of the ids. */
  get(variantIds: readonly string[]): Promise<readonly CachedOffer[]>;
  /** Keeps an answer; not when an event has told of something newer. */
  put(offer: Offer): Promise<void>;
  /** Keeps all that a product offers; its other variants are not for sale any more. */
  putProduct(product: ChangedProduct): Promise<void>;
  /** The variant is not for sale: for half a minute nobody asks again. */
  putMissing(variantId: string): Promise<void>;
}

/** KEYS[1]; ARGV[1] version, ARGV[2] value, ARGV[3] milliseconds to live. */
const putScript = `
local present = redis.call('GET', KEYS[1])
if present then
  local version = tonumber(string.match(present, '^(%d+)'))
  if version > tonumber(ARGV[1]) then return 0 end
end
redis.call('SET', KEYS[1], ARGV[1] .. ' ' .. ARGV[2], 'PX', ARGV[3])
return 1
`;

/** Enters a variant that is about to be cached. ARGV: 1 variant, 2 milliseconds to live. Answers the version that events told of. */
const enterScript = `
redis.call('HSET', KEYS[1], ARGV[1], 1)
redis.call('PEXPIRE', KEYS[1], ARGV[2])
return tonumber(redis.call('HGET', KEYS[1], 'version') or 0)
`;

/** An event. ARGV: 1 version, 2 milliseconds to live, then the variants. Answers those that it has no more; 0 when it is an old event. */
const announceScript = `
local version = tonumber(ARGV[1])
if tonumber(redis.call('HGET', KEYS[1], 'version') or 0) > version then return 0 end
redis.call('HSET', KEYS[1], 'version', version)
local present, gone = { version = true }, {}
for index = 3, #ARGV do
  present[ARGV[index]] = true
  redis.call('HSET', KEYS[1], ARGV[index], 1)
end
for _, name in ipairs(redis.call('HKEYS', KEYS[1])) do
  if not present[name] then gone[#gone + 1] = name end
end
redis.call('PEXPIRE', KEYS[1], ARGV[2])
return gone
`;

const missingMs = 30_000;

type ScriptedRedis = RedisClient & {
  cart_putOffer(key: string, version: number, value: string, lifetimeMs: number): Promise<number>;
  cart_enterVariant(key: string, variantId: string, lifetimeMs: number): Promise<number>;
  cart_announceProduct(key: string, ...values: readonly (string | number)[]): Promise<readonly string[] | 0>;
};

function defineScripts(redis: RedisClient): ScriptedRedis {
  const scripts = { putOffer: putScript, enterVariant: enterScript, announceProduct: announceScript };
  for (const [name, lua] of Object.entries(scripts)) redis.defineCommand(`cart_${name}`, { numberOfKeys: 1, lua });
  return redis as ScriptedRedis; // defineCommand added the methods
}

export function createOfferCache(redis: RedisClient, lifetimeMs: number): OfferCache {
  const scripted = defineScripts(redis);
  // What is entered lives longer than what is cached after it.
  const entryMs = 2 * lifetimeMs;
  const put = (variantId: string, value: { readonly version: number; readonly text: string; readonly ms: number }) =>
    askRedis(() => scripted.cart_putOffer(offerKey(variantId), value.version, value.text, value.ms));
  const keep = (offer: Offer) =>
    put(offer.variantId, { version: offer.version, text: JSON.stringify(offer), ms: lifetimeMs });
  return {
    get: async (variantIds) => {
      const groups = [...Map.groupBy(new Set(variantIds), bucketOf).values()];
      const read = async (ids: readonly string[]) => {
        const texts = await redis.mget(ids.map(offerKey));
        return ids.map((id, index) => [id, parse(texts[index] ?? null)] as const);
      };
      const found = new Map((await askRedis(() => Promise.all(groups.map(read)))).flat());
      return variantIds.map((id) => found.get(id));
    },
    put: async (offer) => {
      const key = productKey(offer.productId);
      const told = await askRedis(() => scripted.cart_enterVariant(key, offer.variantId, entryMs));
      if (told <= offer.version) await keep(offer);
    },
    putProduct: async ({ id, version, offers }) => {
      const key = productKey(id);
      const present = offers.map(({ variantId }) => variantId);
      const gone = await askRedis(() => scripted.cart_announceProduct(key, version, entryMs, ...present));
      if (gone === 0) return;
      await Promise.all([...offers, ...gone.map((variantId) => goneOffer(variantId, { id, version }))].map(keep));
      // Last: were the process killed before, the event comes again and finds them still.
      if (gone.length > 0) await askRedis(() => redis.hdel(key, ...gone));
    },
    putMissing: async (variantId) => void (await put(variantId, { version: 0, text: 'null', ms: missingMs })),
  };
}

/** Few enough that a full cart takes few questions, and enough for all nodes of a cluster. */
const buckets = 16;

/** Variants of a bucket share a slot, so that one question reads several. */
export function offerKey(variantId: string): string {
  return `cart:variant:{${bucketOf(variantId)}}:${variantId}`;
}

function productKey(productId: string): string {
  return `cart:product:{${productId}}`;
}

/** The end of an id is random. */
function bucketOf(variantId: string): number {
  let hash = 0;
  for (let index = Math.max(0, variantId.length - 4); index < variantId.length; index += 1)
    hash = hash * 31 + variantId.charCodeAt(index);
  return hash % buckets;
}

function parse(text: string | null): CachedOffer {
  return text === null ? undefined : (JSON.parse(text.slice(text.indexOf(' ') + 1)) as Offer | null); // we wrote it
}
