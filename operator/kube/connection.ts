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

export interface ConnectionSource {
  /** Path of a kubeconfig; absent: `KUBECONFIG`, `~/.kube/config`, then the pod's service account. */
  readonly kubeconfig?: string;
  /** Context of the kubeconfig; absent: its current one. */
  readonly context?: string;
}

/** Throws with the path and what is wrong with it. Asynchronous because the kubeconfig library is loaded on demand. */
export async function loadConnection(source: ConnectionSource = {}): Promise<KubeConnection> {
  const { ConfigConnection } = await import('./config-connection.ts');
  return new ConfigConnection(source);
}
