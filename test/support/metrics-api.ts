import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { createServer, type Server } from 'node:https';
import type { LocalControlPlane } from '../../lab/control-plane/local-control-plane.ts';
import { waitFor } from '../../lab/control-plane/wait.ts';
import { createAuthority } from '../../lab/pki/authority.ts';
import { apply } from './stacks.ts';

/** What a pod takes, as quantities. */
export interface PodUsage {
  readonly name: string;
  readonly cpu: string;
  readonly memory: string;
}

/** A question of an autoscaler for an external metric. */
export interface ExternalQuestion {
  readonly namespace: string;
  readonly metric: string;
  readonly labelSelector: string;
}

/** What is measured at the moment. */
export interface Measurements {
  /** `undefined`: there is no such metric. */
  external(question: ExternalQuestion): number | undefined;
  pods(namespace: string): Promise<readonly PodUsage[]>;
}

const groups = ['metrics.k8s.io', 'external.metrics.k8s.io'] as const;

export type MetricsGroup = (typeof groups)[number];

/** With it the API server asks the name of a Service, and not the addresses behind it, which must not be of loopback. */
export const metricsApiArguments: readonly string[] = ['--enable-aggregator-routing=false'];

/**
 * What metrics-server and an adapter are to a cluster: the server behind the APIs that autoscalers read, with the
 * values of a test. The API server must run with {@link metricsApiArguments}.
 */
export class MetricsApi implements AsyncDisposable {
  readonly #server: Server;
  readonly #port: number;

  private constructor(server: Server, port: number) {
    this.#server = server;
    this.#port = port;
  }

  static async start(measurements: Measurements): Promise<MetricsApi> {
    const { certificate, key } = createAuthority('metrics').issue({ commonName: 'metrics', hosts: ['localhost'] });
    const server = createServer({ cert: certificate, key }, (request, response) => {
      void answer(request, measurements).then(
        (body) => response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(body)),
        () => response.writeHead(404).end(),
      );
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    if (address === null || typeof address === 'string') {
      throw new Error('no port was given');
    }
    return new MetricsApi(server, address.port);
  }

  /** Resolves when the API server passes questions for this group on. */
  async register(cluster: LocalControlPlane, group: MetricsGroup): Promise<void> {
    const service = { name: group.replaceAll('.', '-'), namespace: 'kube-system' };
    await apply(
      cluster,
      {
        apiVersion: 'v1',
        kind: 'Service',
        metadata: service,
        spec: { type: 'ExternalName', externalName: 'localhost', ports: [{ port: this.#port }] },
      },
      {
        apiVersion: 'apiregistration.k8s.io/v1',
        kind: 'APIService',
        metadata: { name: `v1beta1.${group}` },
        spec: {
          group,
          version: 'v1beta1',
          groupPriorityMinimum: 100,
          versionPriority: 100,
          insecureSkipTLSVerify: true,
          service: { ...service, port: this.#port },
        },
      },
    );
    const isServed = () => cluster.kubectl(['get', '--raw', `/apis/${group}/v1beta1`]);
    await waitFor(`${group} is served`, isServed, { timeoutMs: 30_000 });
  }

  /** As if there were no adapter. */
  async unregister(cluster: LocalControlPlane, group: MetricsGroup): Promise<void> {
    await cluster.kubectl(['delete', 'apiservice', `v1beta1.${group}`]);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.close();
    this.#server.closeAllConnections();
    await once(this.#server, 'close');
  }
}

async function answer({ url = '/' }: IncomingMessage, measurements: Measurements): Promise<object> {
  const { pathname, searchParams } = new URL(url, 'https://localhost');
  const [, , group = '', , , namespace = '', metric = ''] = pathname.split('/');
  if (groups.some((known) => pathname === `/apis/${known}/v1beta1`)) {
    return { kind: 'APIResourceList', apiVersion: 'v1', groupVersion: `${group}/v1beta1`, resources: [] };
  }
  const labelSelector = searchParams.get('labelSelector') ?? '';
  return group === 'metrics.k8s.io'
    ? { kind: 'PodMetricsList', ...listOf(group, (await measurements.pods(namespace)).map(podItem)) }
    : {
        kind: 'ExternalMetricValueList',
        ...listOf(group, externalItems({ namespace, metric, labelSelector }, measurements)),
      };
}

function listOf(group: string, items: readonly object[]): object {
  return { apiVersion: `${group}/v1beta1`, metadata: {}, items };
}

function podItem({ name, cpu, memory }: PodUsage): object {
  const containers = [{ name: 'server', usage: { cpu, memory } }];
  return { metadata: { name }, timestamp: new Date().toISOString(), window: '15s', containers };
}

function externalItems(question: ExternalQuestion, measurements: Measurements): readonly object[] {
  const value = measurements.external(question);
  if (value === undefined) {
    throw new RangeError(`there is no metric ${question.metric}`);
  }
  return [{ metricName: question.metric, metricLabels: {}, timestamp: new Date().toISOString(), value: String(value) }];
}
