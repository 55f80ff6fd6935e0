/**
 * When carts of accounts were changed last, so that abandoned ones are found without looking at all. Written beside a change and not
 * with it, for it lies in other slots: it is a hint, and whoever follows it looks at the cart itself.
 */
import { createHash } from 'node:crypto';
import type { RedisClient } from '#chassis/redis/redis.ts';
import { askRedis } from './redis-problems.ts';

/** Spread over the nodes of the cluster. */
const shards = 64;

export interface Activity {
  note(userId: string): Promise<void>;
  /** Up to `limit` accounts of a shard whose carts nobody has changed since then. */
  idle(shard: number, beforeMs: number, limit: number): Promise<readonly ActivityHint[]>;
  /** Followed: it goes, unless a newer one came meanwhile. With `laterMs` it comes again, counted from then. */
  remove(shard: number, hint: ActivityHint, laterMs?: number): Promise<void>;
  readonly shards: number;
}

export interface ActivityHint {
  readonly userId: string;
  readonly atMs: number;
}

const removeScript = `
if redis.call('ZSCORE', KEYS[1], ARGV[1]) ~= ARGV[2] then return 0 end
if ARGV[3] ~= '' then return redis.call('ZADD', KEYS[1], ARGV[3], ARGV[1]) end
return redis.call('ZREM', KEYS[1], ARGV[1])
`;

type ScriptedRedis = RedisClient & {
  cart_forgetIdle(key: string, userId: string, ...scores: readonly string[]): Promise<number>;
};

export function createActivity(redis: RedisClient, now: () => number): Activity {
  redis.defineCommand('cart_forgetIdle', { numberOfKeys: 1, lua: removeScript });
  const scripted = redis as ScriptedRedis; // defineCommand added the method
  return {
    shards,
    note: async (userId) => void (await askRedis(() => redis.zadd(keyOf(shardOf(userId)), now(), userId))),
    idle: async (shard, beforeMs, limit) => {
      const flat = await askRedis(() =>
        redis.zrangebyscore(keyOf(shard), '-inf', beforeMs, 'WITHSCORES', 'LIMIT', 0, limit),
      );
      const hints: ActivityHint[] = [];
      for (let index = 0; index + 1 < flat.length; index += 2)
        hints.push({ userId: flat[index] ?? '', atMs: Number(flat[index + 1]) });
      return hints;
    },
    remove: async (shard, { userId, atMs }, laterMs) => {
      const scores = [String(atMs), laterMs === undefined ? '' : String(laterMs)];
      await askRedis(() => scripted.cart_forgetIdle(keyOf(shard), userId, ...scores));
    },
  };
}

function keyOf(shard: number): string {
  return `cart:activity:{${shard}}`;
}

function shardOf(userId: string): number {
  return createHash('sha256').update(userId).digest().readUInt16BE(0) % shards;
}
