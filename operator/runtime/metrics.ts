import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';

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
  /** Called before each scrape, for gauges that grow while nothing happens. Returns a function that removes it. */
  onCollect(refresh: () => void): () => void;
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

/** controller-runtime's 40 buckets of the reconcile time, seconds. */
const reconcileBuckets = [
  0.005, 0.01, 0.025, 0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.35, 0.4, 0.45, 0.5, 0.6, 0.7, 0.8, 0.9, 1, 1.25, 1.5, 1.75, 2,
  2.5, 3, 3.5, 4, 4.5, 5, 6, 7, 8, 9, 10, 15, 20, 25, 30, 40, 50, 60,
];
/** Its buckets of the queue: 10⁻⁸ s to 10³ s, one per power of ten. */
const queueBuckets = [1e-8, 1e-7, 1e-6, 1e-5, 1e-4, 1e-3, 0.01, 0.1, 1, 10, 100, 1000];

/** A registry of its own with the process's default metrics (memory, CPU, event-loop lag) and those above. */
export function createRuntimeMetrics(): RuntimeMetrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  return {
    registry,
    queue: createQueueMetrics(registry),
    controller: createControllerMetrics(registry),
    leaderStatus: new Gauge({
      name: 'leader_election_master_status',
      help: 'Whether this process leads (1) or stands by (0).',
      labelNames: ['name'],
      registers: [registry],
    }),
  };
}

const queueLabels = ['name', 'controller'] as const;

function createQueueMetrics(registry: Registry): QueueMetrics {
  const registers = [registry];
  const labelNames = queueLabels;
  const refreshers = new Set<() => void>();
  const depth = new Gauge({
    name: 'workqueue_depth',
    help: 'Keys that wait for a worker, by lane (priority: user or background).',
    labelNames: ['name', 'controller', 'priority'] as const,
    registers,
    collect: () => {
      for (const refresh of refreshers) {
        refresh();
      }
    },
  });
  const gauge = (name: string, help: string) => new Gauge({ name, help, labelNames, registers });
  const counter = (name: string, help: string) => new Counter({ name, help, labelNames, registers });
  const histogram = (name: string, help: string) =>
    new Histogram({ name, help, labelNames, buckets: queueBuckets, registers });
  return {
    depth,
    adds: counter('workqueue_adds_total', 'Keys added to the queue.'),
    queueSeconds: histogram('workqueue_queue_duration_seconds', 'How long keys waited for a worker.'),
    workSeconds: histogram('workqueue_work_duration_seconds', 'How long keys were worked on.'),
    unfinishedSeconds: gauge('workqueue_unfinished_work_seconds', 'Time spent so far on all keys in work.'),
    longestRunningSeconds: gauge(
      'workqueue_longest_running_processor_seconds',
      'Time spent on the oldest key in work.',
    ),
    retries: counter('workqueue_retries_total', 'Keys added again after a failure.'),
    onCollect(refresh) {
      refreshers.add(refresh);
      return () => refreshers.delete(refresh);
    },
  };
}

function createControllerMetrics(registry: Registry): ControllerMetrics {
  const registers = [registry];
  const labelNames = ['controller'] as const;
  const counter = (name: string, help: string) => new Counter({ name, help, labelNames, registers });
  const gauge = (name: string, help: string) => new Gauge({ name, help, labelNames, registers });
  return {
    total: new Counter({
      name: 'controller_runtime_reconcile_total',
      help: 'Passes by result: success, error, requeue, requeue_after.',
      labelNames: ['controller', 'result'] as const,
      registers,
    }),
    errors: counter('controller_runtime_reconcile_errors_total', 'Passes that failed.'),
    terminalErrors: counter(
      'controller_runtime_terminal_reconcile_errors_total',
      'Passes that failed in a way that repeating cannot cure.',
    ),
    panics: counter(
      'controller_runtime_reconcile_panics_total',
      'Passes that failed by a bug (TypeError and the like).',
    ),
    timeouts: counter('controller_runtime_reconcile_timeouts_total', 'Passes that took longer than allowed.'),
    seconds: new Histogram({
      name: 'controller_runtime_reconcile_time_seconds',
      help: 'Duration of a pass.',
      labelNames,
      buckets: reconcileBuckets,
      registers,
    }),
    maxConcurrent: gauge('controller_runtime_max_concurrent_reconciles', 'Passes allowed in parallel.'),
    activeWorkers: gauge('controller_runtime_active_workers', 'Passes running now.'),
  };
}
