import { KubeConfig } from '@kubernetes/client-node';
import type { KubeConnection } from './connection.ts';
import type { Transport } from './transport.ts';

type RequestContext = Parameters<KubeConfig['applySecurityAuthentication']>[0];
type HttpsOptions = Parameters<KubeConfig['applyToHTTPSOptions']>[0];

/**
 * A KubeConfig for code that speaks through client-node's own API classes: its requests go over our pool. As shipped
 * the library makes a new agent, and so a new TLS connection, for every request.
 */
export class PooledKubeConfig extends KubeConfig {
  readonly #connection: KubeConnection;
  readonly #transport: Transport;

  constructor(connection: KubeConnection, transport: Transport) {
    super();
    this.#connection = connection;
    this.#transport = transport;
    const cluster = {
      name: 'cluster',
      server: connection.server,
      skipTLSVerify: connection.server.startsWith('http:'),
    };
    this.loadFromClusterAndUser(cluster, { name: 'operator' });
  }

  override async applySecurityAuthentication(context: RequestContext): Promise<void> {
    const { headers } = await this.#connection.credentials();
    for (const [name, value] of Object.entries(headers)) {
      context.setHeaderParam(name, value);
    }
    context.setDispatcher(await this.#transport.dispatcher());
  }

  /** For WebSockets (exec, port-forward), which are connections of their own anyway. */
  override async applyToHTTPSOptions(options: HttpsOptions): Promise<void> {
    const { headers, tls } = await this.#connection.credentials();
    Object.assign(options, tls, { headers: { ...options.headers, ...headers } });
  }
}
