import { Pool } from 'undici';
import { defaultRequest, signAdminToken } from '../../scripts/admin-token.ts';
import type { Kubectl } from './stacks.ts';

/** One answer of the shop. */
export interface Answer {
  readonly status: number;
  /** By lower-case name. */
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  readonly body: Record<string, unknown>;
}

/**
 * Talks to a stack's gateway as a browser or as an administrator would; follows no redirects. Not by `fetch`: where two
 * hundred requests a second share two processors with the shop, that would take a third of what the services do.
 */
export class ShopClient {
  readonly #shop: Pool;
  readonly #token: string | undefined;

  constructor(shop: string | Pool, token?: string) {
    this.#shop = typeof shop === 'string' ? new Pool(shop, { connections: 256, pipelining: 1 }) : shop;
    this.#token = token;
  }

  /** The same shop for somebody who has this access token. */
  as(token: string): ShopClient {
    return new ShopClient(this.#shop, token);
  }

  async request(
    method: string,
    path: string,
    options: { body?: object; headers?: Record<string, string> } = {},
  ): Promise<Answer> {
    const answer = await this.#shop.request({
      method,
      path,
      headers: {
        ...(this.#token === undefined ? {} : { authorization: `Bearer ${this.#token}` }),
        ...(options.body === undefined
          ? {}
          : { 'content-type': method === 'PATCH' ? 'application/merge-patch+json' : 'application/json' }),
        ...options.headers,
      },
      signal: AbortSignal.timeout(10_000),
      ...(options.body === undefined ? {} : { body: JSON.stringify(options.body) }),
    });
    const text = await answer.body.text();
    return { status: answer.statusCode, headers: answer.headers, body: text === '' ? {} : JSON.parse(text) };
  }

  get(path: string): Promise<Answer> {
    return this.request('GET', path);
  }

  /** Adds an active product; its number makes slug and SKU unique. */
  addProduct(number: number): Promise<Answer> {
    return this.request('POST', '/api/v1/products', {
      body: {
        slug: `test-product-${number}`,
        sku: `TEST-${number}`,
        title: `Test product ${number}`,
        status: 'active',
        prices: [{ currency: 'EUR', amountMinor: 100 + number }],
      },
    });
  }
}

/** A client with the rights of an administrator, by the key that signs the stack's tokens. */
export async function adminClient(
  cluster: Kubectl,
  stack: { namespace: string; name: string },
  url: string,
): Promise<ShopClient> {
  const secret = JSON.parse(
    await cluster.kubectl(['get', 'secret', `${stack.name}-identity-credentials`, '-n', stack.namespace, '-o', 'json']),
  );
  const pem = Buffer.from(secret.data['signing.pem'], 'base64').toString();
  const token = await signAdminToken(pem, { ...defaultRequest, subject: 'test-admin' });
  return new ShopClient(url, token);
}
