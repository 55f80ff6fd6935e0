import { KubeConfig } from '@kubernetes/client-node';
import type { ConnectionSource, Credentials, KubeConnection, TlsMaterial } from './connection.ts';
import { CredentialsCache } from './credentials-cache.ts';

/** A connection described by a kubeconfig, with client-node's ways to authenticate. */
export class ConfigConnection implements KubeConnection {
  readonly server: string;
  readonly namespace: string;
  readonly #config: KubeConfig;
  readonly #cache = new CredentialsCache(() => this.#read());

  constructor(source: ConnectionSource) {
    this.#config = readConfig(source);
    const cluster = this.#config.getCurrentCluster();
    if (cluster === null) {
      throw new Error(
        `kubeconfig: current-context "${this.#config.getCurrentContext()}" names no cluster; choose one of: ${contextNames(this.#config)}`,
      );
    }
    if (cluster.proxyUrl !== undefined && cluster.proxyUrl !== '') {
      throw new Error(`kubeconfig: proxy-url "${cluster.proxyUrl}" is not supported; use a direct server address`);
    }
    this.server = cluster.server.replace(/\/+$/, '');
    this.namespace = this.#config.getContextObject(this.#config.getCurrentContext())?.namespace ?? 'default';
  }

  credentials(options?: { readonly fresh?: boolean }): Promise<Credentials> {
    return this.#cache.get(options);
  }

  async #read(): Promise<Credentials> {
    const options: Parameters<KubeConfig['applyToHTTPSOptions']>[0] = {};
    // A plain http server (tests) has nothing to authenticate with, and the library refuses to prepare an agent for it.
    if (this.server.startsWith('http:')) {
      return { headers: {}, tls: { rejectUnauthorized: true } };
    }
    await this.#config.applyToHTTPSOptions(options);
    const basic =
      typeof options.auth === 'string' ? `Basic ${Buffer.from(options.auth).toString('base64')}` : undefined;
    const headers = Object.entries(options.headers ?? {}).map(([name, value]) => [
      name.toLowerCase(),
      String(value).trim(),
    ]);
    return {
      headers: { ...(basic === undefined ? {} : { authorization: basic }), ...Object.fromEntries(headers) },
      tls: toTls(options),
    };
  }
}

interface HttpsOptions {
  readonly ca?: unknown;
  readonly cert?: unknown;
  readonly key?: unknown;
  readonly servername?: unknown;
  readonly rejectUnauthorized?: unknown;
}

function toTls(options: HttpsOptions): TlsMaterial {
  const picked = {
    ca: material(options.ca),
    cert: material(options.cert),
    key: material(options.key),
    servername: typeof options.servername === 'string' ? options.servername : undefined,
  };
  const present = Object.fromEntries(Object.entries(picked).filter(([, value]) => value !== undefined));
  return { ...present, rejectUnauthorized: options.rejectUnauthorized !== false };
}

function material(value: unknown): string | Buffer | undefined {
  return typeof value === 'string' || Buffer.isBuffer(value) ? value : undefined;
}

function readConfig(source: ConnectionSource): KubeConfig {
  const config = new KubeConfig();
  if (source.kubeconfig === undefined) {
    config.loadFromDefault();
  } else {
    try {
      config.loadFromFile(source.kubeconfig);
    } catch (cause) {
      throw new Error(`kubeconfig ${source.kubeconfig} cannot be read: ${String(cause)}`, { cause });
    }
  }
  if (source.context !== undefined) {
    if (config.getContextObject(source.context) === null) {
      throw new Error(`kubeconfig: there is no context "${source.context}"; choose one of: ${contextNames(config)}`);
    }
    config.setCurrentContext(source.context);
  }
  return config;
}

function contextNames(config: KubeConfig): string {
  return (
    config
      .getContexts()
      .map(({ name }) => name)
      .join(', ') || '(none)'
  );
}
