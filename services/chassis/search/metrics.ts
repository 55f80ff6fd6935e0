/** Metrics of what a service asks of Elasticsearch. */
import { Counter, Histogram } from 'prom-client';
import { latencyBuckets, type Metrics } from '../metrics.ts';

export interface SearchMetrics {
  readonly duration: Histogram<'operation'>;
  readonly requests: Counter<'operation' | 'outcome'>;
  readonly retries: Counter<'operation'>;
}

const registered = new WeakMap<Metrics, SearchMetrics>();

/** One set per registry. */
export function searchMetrics(metrics: Metrics): SearchMetrics {
  const present = registered.get(metrics) ?? createMetrics(metrics);
  registered.set(metrics, present);
  return present;
}

function createMetrics({ registry }: Metrics): SearchMetrics {
  const registers = [registry];
  return {
    duration: new Histogram({
      name: 'elasticsearch_request_duration_seconds',
      help: 'Time of one request, with its repetitions.',
      labelNames: ['operation'],
      buckets: latencyBuckets,
      registers,
    }),
    requests: new Counter({
      name: 'elasticsearch_requests_total',
      help: 'Requests by outcome: ok, refused (an answer with an error) or unavailable (no answer).',
      labelNames: ['operation', 'outcome'],
      registers,
    }),
    retries: new Counter({
      name: 'elasticsearch_request_retries_total',
      help: 'Repeated attempts, each at another node where there is one.',
      labelNames: ['operation'],
      registers,
    }),
  };
}
