import { Registry } from 'prom-client';
import { type Kind, kinds } from '../../operator/api/kinds.ts';
import type { JsonObject, ObjectRef } from '../../operator/api/kubernetes.ts';
import { createKubeClient, type RootKubeClient } from '../../operator/kube/client.ts';
import { loadConnection } from '../../operator/kube/connection.ts';
import { createKubeMetrics, type KubeMetrics } from '../../operator/kube/metrics.ts';
import { objectPath } from '../../operator/kube/paths.ts';
import type { KubeLogger } from '../../operator/kube/ports.ts';
import { createTransport, type Transport } from '../../operator/kube/transport.ts';

/** The operator's own client in the hand of an administrator, to set scenes and to play other controllers. */
export interface Admin extends AsyncDisposable {
  readonly transport: Transport;
  readonly client: RootKubeClient;
  readonly metrics: KubeMetrics;
  createNamespace(name: string): Promise<void>;
  /** JSON merge patch as the field manager `bench`, also of a subresource. */
  patch(ref: ObjectRef, body: JsonObject, subresource?: 'status' | 'scale'): Promise<void>;
  /** How many objects of a namespace the server holds, of the kinds that components create. */
  countObjects(namespace: string): Promise<number>;
}

/** Says nothing: what a bench prints is its result. */
export const silentLogger: KubeLogger = { debug: ignore, info: ignore, warn: ignore, error: ignore };

/** The API server itself writes Events, for example about the addresses of Services. */
const uncounted = new Set(['EcommerceStack', 'Event']);

const childKinds: readonly Kind[] = Object.values(kinds).filter(
  ({ namespaced, kind }) => namespaced && !uncounted.has(kind),
);

/** Opens a client for the user of a kubeconfig. */
export async function openAdmin(kubeconfig: string): Promise<Admin> {
  const metrics = createKubeMetrics(new Registry());
  const transport = createTransport({ connection: await loadConnection({ kubeconfig }), metrics });
  const client = createKubeClient({ transport, logger: silentLogger, metrics });
  return {
    transport,
    client,
    metrics,
    createNamespace: (name) => createNamespace(transport, name),
    patch: (ref, body, subresource) => mergePatch(transport, `${objectPath(ref)}${suffixOf(subresource)}`, body),
    async countObjects(namespace) {
      const lists = await Promise.all(childKinds.map((kind) => client.list(kind, { namespace })));
      return lists.reduce((sum, list) => sum + list.length, 0);
    },
    [Symbol.asyncDispose]: () => transport.close(),
  };
}

async function createNamespace(transport: Transport, name: string): Promise<void> {
  await transport.call({
    method: 'POST',
    path: '/api/v1/namespaces',
    operation: { verb: 'create', resource: 'namespaces', subject: `Namespace ${name}` },
    body: JSON.stringify({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } }),
  });
}

async function mergePatch(transport: Transport, path: string, body: JsonObject): Promise<void> {
  await transport.call({
    method: 'PATCH',
    path: `${path}?fieldManager=bench`,
    operation: { verb: 'patch', resource: 'any', subject: path },
    body: JSON.stringify(body),
    contentType: 'application/merge-patch+json',
  });
}

function suffixOf(subresource: 'status' | 'scale' | undefined): string {
  return subresource === undefined ? '' : `/${subresource}`;
}

function ignore(): void {}
