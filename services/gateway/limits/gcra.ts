/**
 * The rate limit as arithmetic: the generic cell rate algorithm, a token bucket that needs one number per caller.
 *
 * The number is the theoretical arrival time: when the bucket would be full again. A request moves it on by one interval;
 * it is refused when that would put it further ahead than the burst allows.
 */

export interface Rate {
  /** Requests that may come at once. */
  readonly burst: number;
  /** Milliseconds until one more is allowed. */
  readonly intervalMs: number;
}

export interface Decision {
  readonly isAllowed: boolean;
  /** Requests left right now. */
  readonly remaining: number;
  /** Until all of the burst is there again. */
  readonly resetMs: number;
  /** Until the next request is allowed; 0 when this one was. */
  readonly retryAfterMs: number;
}

/** A rate of `requests` per minute, a tenth of which (at least 5, at most all) may come at once. */
export function ratePerMinute(requests: number): Rate {
  return { burst: Math.min(requests, Math.max(5, Math.ceil(requests / 10))), intervalMs: 60_000 / requests };
}

/** Decides on one request; `arrival` is the caller's number before, `next` after. */
export function decide(
  rate: Rate,
  arrival: number | undefined,
  nowMs: number,
): { readonly decision: Decision; readonly next: number } {
  const start = Math.max(arrival ?? nowMs, nowMs);
  const next = start + rate.intervalMs;
  const aheadMs = next - nowMs;
  const limitMs = rate.burst * rate.intervalMs;
  if (aheadMs > limitMs + tolerance) {
    const decision = { isAllowed: false, remaining: 0, resetMs: start - nowMs, retryAfterMs: aheadMs - limitMs };
    return { decision, next: start };
  }
  const remaining = Math.floor((limitMs - aheadMs + tolerance) / rate.intervalMs);
  return { decision: { isAllowed: true, remaining, resetMs: aheadMs, retryAfterMs: 0 }, next };
}

/** Sums of intervals are not exact in binary fractions: a microsecond is nothing to a rate. */
const tolerance = 0.001;

/**
 * The same decision inside Redis, with Redis' own clock, so that all gateways agree, for up to ARGV[3] requests. One call, one key.
 *
 * KEYS[1] the caller's key; ARGV[1] interval in microseconds, ARGV[2] burst. Answers {granted, remaining, resetUs, retryUs}: as many
 * as are left are granted, none when none is.
 */
export const decideScript = `
local interval = tonumber(ARGV[1])
local limit = interval * tonumber(ARGV[2])
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local start = math.max(tonumber(redis.call('GET', KEYS[1]) or now), now)
local free = math.floor((limit - (start - now)) / interval)
if free < 1 then
  return {0, 0, start - now, start + interval - now - limit}
end
local granted = math.min(free, tonumber(ARGV[3]))
local arrival = start + granted * interval
redis.call('SET', KEYS[1], string.format('%.0f', arrival), 'PX', math.ceil((arrival - now) / 1000) + 1)
return {granted, free - granted, arrival - now, 0}
`;
