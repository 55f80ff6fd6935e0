/** Prometheus metrics of a service. The names of the HTTP metrics are those that the shop's alerts use. */
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';

export interface Metrics {
  readonly registry: Registry;
  readonly http: HttpMetrics;
}

export interface HttpMetrics {
  readonly requests: Counter<'method' | 'route' | 'status'>;
  readonly duration: Histogram<'method' | 'route'>;
  readonly inFlight: Gauge;
  readonly responseFaults: Counter<'route'>;
}

/** Upper bounds in seconds: from a cached read to the longest deadline. */
export const latencyBuckets = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

/** A registry of its own per service, so that several can live in one process (tests, development). */
export function createMetrics(service: string, version: string): Metrics {
  const registry = new Registry();
  registry.setDefaultLabels({ service });
  collectDefaultMetrics({ register: registry });
  new Gauge({
    name: 'service_build_info',
    help: 'Always 1; the label tells the release.',
    labelNames: ['version'],
    registers: [registry],
  }).set({ version }, 1);
  return { registry, http: createHttpMetrics(registry) };
}

function createHttpMetrics(registry: Registry): HttpMetrics {
  const registers = [registry];
  return {
    requests: new Counter({
      name: 'http_requests_total',
      help: 'Requests by path template and status; 499 is a caller that left before the response.',
      labelNames: ['method', 'route', 'status'],
      registers,
    }),
    duration: new Histogram({
      name: 'http_request_duration_seconds',
      help: 'Time from the request’s headers to the end of its response.',
      labelNames: ['method', 'route'],
      buckets: latencyBuckets,
      registers,
    }),
    inFlight: new Gauge({ name: 'http_requests_in_flight', help: 'Requests being served.', registers }),
    responseFaults: new Counter({
      name: 'http_response_faults_total',
      help: 'Responses that break the API description of their route.',
      labelNames: ['route'],
      registers,
    }),
  };
}
