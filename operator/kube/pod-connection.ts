import { readFile } from 'node:fs/promises';
import { isIPv6 } from 'node:net';
import { join } from 'node:path';
import type { ConnectionEnvironment } from './config.ts';
import type { Credentials, KubeConnection } from './connection.ts';
import { CredentialsCache } from './credentials-cache.ts';

/**
 * The API server as a pod finds it: its address in the environment, the CA and the token of the service account in files.
 * The kubelet replaces the token long before it expires, so the file is read again and again.
 */
export class PodConnection implements KubeConnection {
  readonly server: string;
  readonly namespace: string;
  readonly #cache: CredentialsCache;

  private constructor(server: string, namespace: string, cache: CredentialsCache) {
    this.server = server;
    this.namespace = namespace;
    this.#cache = cache;
  }

  /** Rejects with the name of the variable or file that is missing. */
  static async load(directory: string, environment: ConnectionEnvironment): Promise<PodConnection> {
    const server = serverAddress(environment);
    const cache = new CredentialsCache(() => readCredentials(directory));
    await cache.get();
    return new PodConnection(server, await readAccountFile(directory, 'namespace'), cache);
  }

  credentials(options?: { readonly fresh?: boolean }): Promise<Credentials> {
    return this.#cache.get(options);
  }
}

function serverAddress({ serviceHost: host, servicePort: port }: ConnectionEnvironment): string {
  if (host === '' || port === '') {
    throw new Error(
      `KUBERNETES_SERVICE_HOST="${host}" and KUBERNETES_SERVICE_PORT="${port}": both must be set, as in every pod; ` +
        'outside a cluster set KUBECONFIG',
    );
  }
  return `https://${isIPv6(host) ? `[${host}]` : host}:${port}`;
}

async function readCredentials(directory: string): Promise<Credentials> {
  const [token, ca] = await Promise.all([readAccountFile(directory, 'token'), readAccountFile(directory, 'ca.crt')]);
  return { headers: { authorization: `Bearer ${token}` }, tls: { ca, rejectUnauthorized: true } };
}

async function readAccountFile(directory: string, name: 'token' | 'ca.crt' | 'namespace'): Promise<string> {
  const path = join(directory, name);
  const text = await readFile(path, 'utf8').catch((cause: unknown) => {
    const advice = 'is automountServiceAccountToken false? Mount it, or set OPERATOR_SERVICE_ACCOUNT_DIRECTORY';
    throw new Error(`the service account's ${name} cannot be read: ${String(cause)}; ${advice}`, { cause });
  });
  const trimmed = text.trim();
  if (trimmed === '') {
    throw new Error(`${path} is empty: it must hold the service account's ${name}`);
  }
  return trimmed;
}
