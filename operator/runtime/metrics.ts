import type { Counter, Gauge, Histogram, Registry } from 'prom-client';

/** Metrics of the work queue and the controllers; names and labels of controller-runtime, so that its dashboards fit. */
export interface RuntimeMetrics {
  readonly registry: Registry;
  readonly queue: QueueMetrics;
  readonly controller: ControllerMetrics;
  readonly leaderStatus: Gauge<'name'>;
}

export interface QueueMetrics {
  readonly depth: Gauge<'name' | 'controller' | 'priority'>;
  readonly adds: Counter<'name' | 'controller'>;
  readonly queueSeconds: Histogram<'name' | 'controller'>;
  readonly workSeconds: Histogram<'name' | 'controller'>;
  readonly unfinishedSeconds: Gauge<'name' | 'controller'>;
  readonly longestRunningSeconds: Gauge<'name' | 'controller'>;
  readonly retries: Counter<'name' | 'controller'>;
}

export interface ControllerMetrics {
  readonly total: Counter<'controller' | 'result'>;
  readonly errors: Counter<'controller'>;
  readonly terminalErrors: Counter<'controller'>;
  readonly panics: Counter<'controller'>;
  readonly timeouts: Counter<'controller'>;
  readonly seconds: Histogram<'controller'>;
  readonly maxConcurrent: Gauge<'controller'>;
  readonly activeWorkers: Gauge<'controller'>;
}

/** A registry of its own with the process's default metrics (memory, CPU, event-loop lag) and those above. */
export declare function createRuntimeMetrics(): RuntimeMetrics;
