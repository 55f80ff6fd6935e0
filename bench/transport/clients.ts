import { CoreV1Api, KubeConfig } from '@kubernetes/client-node';
import { Registry } from 'prom-client';
import { Pool } from 'undici';
import { loadConnection } from '../../operator/kube/connection.ts';
import { createKubeMetrics } from '../../operator/kube/metrics.ts';
import { createTransport } from '../../operator/kube/transport.ts';

/** A way to read one ConfigMap. */
export interface ReadingClient {
  readonly name: string;
  /** Reads it once and checks what came back. */
  read(): Promise<void>;
  close(): Promise<void>;
}

/** The object that every client reads. */
export interface ReadTarget {
  readonly namespace: string;
  readonly name: string;
}

/** Opens a client for the server that a kubeconfig names. */
export type OpenClient = (kubeconfig: string, target: ReadTarget) => Promise<ReadingClient>;

/** Connections of the bare pool: as many as there are requests in flight. */
const bareConnections = 8;

/** The operator's own transport. */
export const openOurs: OpenClient = async (kubeconfig, target) => {
  const connection = await loadConnection({ kubeconfig });
  const transport = createTransport({ connection, metrics: createKubeMetrics(new Registry()) });
  const operation = { verb: 'get', resource: 'configmaps', subject: `ConfigMap ${target.namespace}/${target.name}` };
  return {
    name: 'ours',
    async read() {
      const { body } = await transport.call({ method: 'GET', path: pathOf(target), operation });
      assertTarget(body, target);
    },
    close: () => transport.close(),
  };
};

/** The official client as its documentation shows it. */
export const openStock: OpenClient = (kubeconfig, target) => {
  const config = new KubeConfig();
  config.loadFromFile(kubeconfig);
  const api = config.makeApiClient(CoreV1Api);
  return Promise.resolve({
    name: 'stock client-node',
    async read() {
      assertTarget(await api.readNamespacedConfigMap(target), target);
    },
    close: () => Promise.resolve(),
  });
};

/** The limit: the HTTP library alone, with nothing around it but the parsing of JSON. */
export const openBare: OpenClient = async (kubeconfig, target) => {
  const connection = await loadConnection({ kubeconfig });
  const { headers, tls } = await connection.credentials();
  const pool = new Pool(connection.server, {
    allowH2: false,
    connections: bareConnections,
    pipelining: 1,
    connect: { ...tls },
  });
  return {
    name: 'bare pool',
    async read() {
      const answer = await pool.request({ method: 'GET', path: pathOf(target), headers: { ...headers } });
      assertTarget(JSON.parse(await answer.body.text()), target);
    },
    close: () => pool.close(),
  };
};

function pathOf({ namespace, name }: ReadTarget): string {
  return `/api/v1/namespaces/${namespace}/configmaps/${name}`;
}

function assertTarget(body: unknown, { name }: ReadTarget): void {
  // `as`: whatever came, a wrong shape gives another name.
  const found = (body as { metadata?: { name?: string } } | undefined)?.metadata?.name;
  if (found !== name) {
    throw new Error(`asked for ConfigMap ${name}, got ${found ?? JSON.stringify(body).slice(0, 200)}`);
  }
}
