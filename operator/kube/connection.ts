import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { type ConnectionEnvironment, connectionEnvironment } from './config.ts';

/**
 * Where the API server is and who we are there: the part of a kubeconfig that a transport needs. Made by
 * `loadConnection` from a kubeconfig or, inside a pod, from the service account.
 */
export interface KubeConnection {
  /** e.g. `https://10.96.0.1:443`. */
  readonly server: string;
  /** Namespace of the context or of the pod; `default` when neither names one. */
  readonly namespace: string;
  /** Current credentials; tokens and files are read again when they are due. `fresh`: the server has refused the last. */
  credentials(options?: { readonly fresh?: boolean }): Promise<Credentials>;
}

export interface Credentials {
  readonly headers: Readonly<Record<string, string>>;
  readonly tls: TlsMaterial;
}

export interface TlsMaterial {
  readonly ca?: string | Buffer;
  readonly cert?: string | Buffer;
  readonly key?: string | Buffer;
  readonly servername?: string;
  readonly rejectUnauthorized: boolean;
}

/** Where a kubelet puts token, CA and namespace (kubernetes.io/docs, "Accessing the Kubernetes API from a Pod"). */
export const serviceAccountDirectory = '/var/run/secrets/kubernetes.io/serviceaccount';

export interface ConnectionSource {
  /** Path of a kubeconfig; absent: `KUBECONFIG`, `~/.kube/config`, then the pod's service account. */
  readonly kubeconfig?: string;
  /** Context of the kubeconfig; absent: its current one. */
  readonly context?: string;
  /** Directory of the pod's token, CA and namespace; absent: {@link serviceAccountDirectory}. */
  readonly serviceAccountDirectory?: string;
}

/**
 * Throws with the path and what is wrong with it. The kubeconfig library is loaded on demand: a pod, which has no
 * kubeconfig, does without its 15 MiB.
 */
export async function loadConnection(source: ConnectionSource = {}): Promise<KubeConnection> {
  const environment = connectionEnvironment();
  if (hasKubeconfig(source, environment) || environment.serviceHost === '') {
    const { ConfigConnection } = await import('./config-connection.ts');
    return new ConfigConnection(source);
  }
  const { PodConnection } = await import('./pod-connection.ts');
  return PodConnection.load(source.serviceAccountDirectory ?? serviceAccountDirectory, environment);
}

function hasKubeconfig({ kubeconfig, context }: ConnectionSource, environment: ConnectionEnvironment): boolean {
  const isNamed = kubeconfig !== undefined || context !== undefined || environment.kubeconfig !== '';
  return isNamed || (environment.home !== '' && existsSync(join(environment.home, '.kube/config')));
}
