/** How far the index is behind the shop. */
import { Gauge, Histogram } from 'prom-client';
import { latencyBuckets, type Metrics } from '#chassis/metrics.ts';

export interface LagMetrics {
  /** An event was written that happened at `time`. */
  observe(topic: string, time: Date): void;
}

export function createLagMetrics({ registry }: Metrics): LagMetrics {
  const registers = [registry];
  const last = new Gauge({
    name: 'search_index_lag_seconds',
    help: 'Time from the last event that was written to the index until then; searches find it up to a second later.',
    labelNames: ['topic'],
    registers,
  });
  const all = new Histogram({
    name: 'search_index_delay_seconds',
    help: 'Time from an event until it was written to the index; searches find it up to a second later.',
    labelNames: ['topic'],
    buckets: latencyBuckets,
    registers,
  });
  return {
    observe: (topic, time) => {
      const seconds = Math.max(0, Date.now() - time.getTime()) / 1000;
      last.set({ topic }, seconds);
      all.observe({ topic }, seconds);
    },
  };
}
