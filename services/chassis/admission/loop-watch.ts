/** Watches how long the process takes until it gets to something: what runs on one thread is overloaded when that takes long. */
import { monitorEventLoopDelay } from 'node:perf_hooks';
import type { Criticality } from './criticality.ts';

export interface LoopWatch {
  /** Whether requests of this kind are refused at the moment. */
  isRefused(criticality: Criticality): boolean;
  stop(): void;
}

export interface LoopRules {
  /** From this delay of the slowest hundredth on sheddable requests are refused, milliseconds; 0: never. */
  readonly delayMs: number;
  /** How often it is looked at. */
  readonly windowMs?: number;
}

/** And all but critical ones from this multiple of it on: nobody would wait for their answers. */
const standardFactor = 5;
/** It is over when the delay is below this part of the limit, so that it does not begin again at once. */
const recoveredShare = 0.5;

/** 0: nothing is refused, 1: sheddable requests, 2: all that are not critical. */
export type LoopLevel = 0 | 1 | 2;

/** The level after a window with this delay: up at once, down by one step when it was quiet. */
export function nextLevel(level: LoopLevel, delayMs: number, limitMs: number): LoopLevel {
  const reached = delayMs > limitMs * standardFactor ? 2 : delayMs > limitMs ? 1 : 0;
  if (reached >= level) return reached;
  const quiet = (level === 2 ? limitMs * standardFactor : limitMs) * recoveredShare;
  return delayMs < quiet ? ((level - 1) as LoopLevel) : level; // 1 or 2, less 1
}

const usualWindowMs = 1000;
const resolutionMs = 10;

export function watchLoop({ delayMs, windowMs = usualWindowMs }: LoopRules): LoopWatch {
  if (delayMs === 0) return { isRefused: () => false, stop: () => undefined };
  const histogram = monitorEventLoopDelay({ resolution: resolutionMs });
  histogram.enable();
  let level: LoopLevel = 0;
  const timer = setInterval(() => {
    level = nextLevel(level, histogram.percentile(99) / 1e6 - resolutionMs, delayMs);
    histogram.reset();
  }, windowMs).unref();
  return {
    isRefused: (criticality) =>
      level > 0 && (criticality === 'sheddable' || (level === 2 && criticality === 'standard')),
    stop: () => {
      clearInterval(timer);
      histogram.disable();
    },
  };
}
