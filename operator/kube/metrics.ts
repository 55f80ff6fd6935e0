import type { Counter, Gauge, Histogram, Registry } from 'prom-client';

/** Metrics of the connection to the API server; names of client-go and controller-runtime where they have one. */
export interface KubeMetrics {
  readonly requests: Counter<'code' | 'method' | 'host'>;
  readonly requestSeconds: Histogram<'verb' | 'host'>;
  readonly retries: Counter<'code' | 'verb' | 'host'>;
  readonly calls: Counter<'verb' | 'resource'>;
  readonly connections: Counter<'purpose'>;
  readonly laneWaitSeconds: Histogram<never>;
  readonly applyConflicts: Counter<'manager'>;
  readonly cacheObjects: Gauge<'resource'>;
  readonly informerEvents: Counter<'resource' | 'type'>;
  readonly informerDropped: Counter<'resource'>;
  readonly informerRelists: Counter<'resource' | 'reason'>;
  readonly informerErrors: Counter<'resource' | 'reason'>;
  readonly informerLastEvent: Gauge<'resource'>;
  readonly informerLastSync: Gauge<'resource'>;
  readonly events: Counter<'outcome'>;
}

/** Registers the metrics of this layer; a registry can hold them once. */
export declare function createKubeMetrics(registry: Registry): KubeMetrics;
