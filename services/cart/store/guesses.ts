/** Counts unknown coupon codes per network address: codes are short, and guessing them is worth money. */
import { createHash } from 'node:crypto';
import type { RedisClient } from '#chassis/redis/redis.ts';
import { askRedis } from './redis-problems.ts';

const windowSeconds = 600;

export interface Guesses {
  /** Seconds until the address may try again; 0 when it may now. */
  waitSeconds(address: string): Promise<number>;
  count(address: string): Promise<void>;
}

const countScript = `
local count = redis.call('INCR', KEYS[1])
if count == 1 then redis.call('EXPIRE', KEYS[1], ${windowSeconds}) end
return count
`;

type ScriptedRedis = RedisClient & { cart_countGuess(key: string): Promise<number> };

export function createGuesses(redis: RedisClient, maximum: number): Guesses {
  redis.defineCommand('cart_countGuess', { numberOfKeys: 1, lua: countScript });
  const scripted = redis as ScriptedRedis; // defineCommand added the method
  return {
    waitSeconds: async (address) => {
      const key = keyOf(address);
      const count = await askRedis(() => redis.get(key));
      if (Number(count ?? 0) < maximum) return 0;
      return Math.max(1, await askRedis(() => redis.ttl(key)));
    },
    count: async (address) => void (await askRedis(() => scripted.cart_countGuess(keyOf(address)))),
  };
}

/** A digest: the address of a person is not kept. */
function keyOf(address: string): string {
  return `cart:guesses:{${createHash('sha256').update(address).digest('base64url').slice(0, 16)}}`;
}
