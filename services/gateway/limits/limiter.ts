/** Counts callers in Redis, and in this process while Redis is away. */
import { Counter, type Registry } from 'prom-client';
import type { Logger } from '#chassis/logger.ts';
import type { RedisClient } from '#chassis/redis/redis.ts';
import { type Decision, decide, decideScript, type Rate } from './gcra.ts';
import { createLeases, type Grant } from './leases.ts';

export interface Limiter {
  /** Decides on one request of `subject` (a user or an address) in a class; at once when Redis need not be asked. Never rejects. */
  take(subject: string, limitClass: string, rate: Rate): Decision | Promise<Decision>;
}

/** After a failure Redis is left alone for this long: requests must not queue up behind its timeouts. */
const pauseMs = 1000;
/** Callers remembered in the process; beyond it the one that was counted first is forgotten. */
const maximumLocalCallers = 10_000;

type Answer = readonly [granted: number, remaining: number, resetUs: number, retryUs: number];

type ScriptedRedis = RedisClient & {
  gatewayLimit(key: string, intervalUs: number, burst: number, count: number): Promise<Answer>;
};

/**
 * Fails open: when Redis does not answer, requests are counted by this process alone, so that a lost cache never closes the
 * shop, while one process still cannot be flooded. The price is that a caller may do as much on each gateway. Counted in
 * `gateway_rate_limit_fallbacks_total`.
 */
export function createLimiter(redis: RedisClient, registry: Registry, logger: Logger): Limiter {
  redis.defineCommand('gatewayLimit', { numberOfKeys: 1, lua: decideScript });
  const scripted = redis as ScriptedRedis; // defineCommand added the method
  const fallbacks = new Counter({
    name: 'gateway_rate_limit_fallbacks_total',
    help: 'Requests that were counted by this process because Redis did not answer.',
    registers: [registry],
  });
  const local = createLocalCounts();
  const leases = createLeases();
  let pausedUntil = 0;
  const ask = async (key: string, rate: Rate): Promise<Decision> => {
    if (performance.now() >= pausedUntil) {
      const question = leases.ask(key, rate);
      try {
        const answer = await scripted.gatewayLimit(key, Math.round(rate.intervalMs * 1000), rate.burst, question.count);
        return question.answer(toGrant(answer), performance.now());
      } catch (error) {
        question.giveUp();
        pausedUntil = performance.now() + pauseMs;
        logger.warn({ err: error }, 'rates are limited by this process alone: redis does not answer');
      }
    }
    fallbacks.inc();
    return local.take(key, rate, Date.now());
  };
  return {
    take: (subject, limitClass, rate) => {
      const key = `gateway:limit:{${subject}}:${limitClass}`;
      return leases.spend(key, performance.now()) ?? ask(key, rate);
    },
  };
}

function toGrant([granted, remaining, resetUs, retryUs]: Answer): Grant {
  return { granted, remaining, resetMs: resetUs / 1000, retryAfterMs: retryUs / 1000 };
}

/** Counts in memory, bounded. */
export function createLocalCounts(): { take(key: string, rate: Rate, nowMs: number): Decision } {
  const arrivals = new Map<string, number>();
  return {
    take: (key, rate, nowMs) => {
      const { decision, next } = decide(rate, arrivals.get(key), nowMs);
      arrivals.delete(key);
      arrivals.set(key, next);
      if (arrivals.size > maximumLocalCallers) {
        const [oldest = key] = arrivals.keys();
        arrivals.delete(oldest);
      }
      return decision;
    },
  };
}
