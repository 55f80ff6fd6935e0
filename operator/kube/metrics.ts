import { Counter, Gauge, Histogram, type Registry } from 'prom-client';

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

/** Buckets of client-go's request latency, seconds. */
const requestBuckets = [0.005, 0.025, 0.1, 0.25, 0.5, 1, 2, 4, 8, 15, 30, 60];

/** Registers the metrics of this layer; a registry can hold them once. */
export function createKubeMetrics(registry: Registry): KubeMetrics {
  return { ...requestMetrics(registry), ...informerMetrics(registry), ...writeMetrics(registry) };
}

function requestMetrics(registry: Registry) {
  const registers = [registry];
  return {
    requests: new Counter({
      name: 'rest_client_requests_total',
      help: 'HTTP requests to the API server by status code ("<error>" without an answer), method and host.',
      labelNames: ['code', 'method', 'host'],
      registers,
    }),
    requestSeconds: new Histogram({
      name: 'rest_client_request_duration_seconds',
      help: 'Duration of requests to the API server, watches excepted, by HTTP verb and host.',
      labelNames: ['verb', 'host'],
      buckets: requestBuckets,
      registers,
    }),
    retries: new Counter({
      name: 'rest_client_request_retries_total',
      help: 'Requests repeated by the transport itself, by status code, HTTP verb and host.',
      labelNames: ['code', 'verb', 'host'],
      registers,
    }),
    calls: new Counter({
      name: 'ecommerce_kube_calls_total',
      help: 'Calls to the API server by Kubernetes verb and resource.',
      labelNames: ['verb', 'resource'],
      registers,
    }),
    connections: new Counter({
      name: 'ecommerce_kube_connections_total',
      help: 'Connections opened to the API server (one TLS handshake each), by purpose: calls or watches.',
      labelNames: ['purpose'],
      registers,
    }),
  } as const;
}

function informerMetrics(registry: Registry) {
  const registers = [registry];
  const counter = <Label extends string>(name: string, help: string, labelNames: readonly Label[]) =>
    new Counter({ name, help, labelNames, registers });
  const gauge = (name: string, help: string) => new Gauge({ name, help, labelNames: ['resource'] as const, registers });
  return {
    cacheObjects: gauge('ecommerce_informer_objects', 'Objects held in the caches.'),
    informerEvents: counter('ecommerce_informer_events_total', 'Watch events received, by type.', ['resource', 'type']),
    informerDropped: counter(
      'ecommerce_informer_events_dropped_total',
      'Watch events that changed nothing of interest and woke nobody.',
      ['resource'],
    ),
    informerRelists: counter('ecommerce_informer_relists_total', 'Lists from scratch, by reason.', [
      'resource',
      'reason',
    ]),
    informerErrors: counter('ecommerce_informer_errors_total', 'Failed lists and broken watches, by reason.', [
      'resource',
      'reason',
    ]),
    informerLastEvent: gauge(
      'ecommerce_informer_last_event_timestamp_seconds',
      'When the watch last delivered anything, bookmarks included.',
    ),
    informerLastSync: gauge('ecommerce_informer_last_sync_timestamp_seconds', 'When a list was last completed.'),
  } as const;
}

function writeMetrics(registry: Registry) {
  const registers = [registry];
  return {
    laneWaitSeconds: new Histogram<never>({
      name: 'ecommerce_kube_lane_wait_seconds',
      help: 'How long a write waited for one of the writer lanes.',
      buckets: [0.001, 0.01, 0.1, 1, 10],
      registers,
    }),
    applyConflicts: new Counter({
      name: 'ecommerce_apply_conflicts_total',
      help: 'Fields taken back by force from another field manager.',
      labelNames: ['manager'],
      registers,
    }),
    events: new Counter({
      name: 'ecommerce_events_total',
      help: 'Kubernetes Events by outcome: sent, aggregated, limited (spam filter), dropped (queue full) or failed.',
      labelNames: ['outcome'],
      registers,
    }),
  } as const;
}
