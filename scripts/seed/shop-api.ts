/** The public API of a shop, as an administrator's program uses it: an answer that was not expected is an error that says why. */

export interface ApiAnswer {
  readonly status: number;
  readonly body: Readonly<Record<string, unknown>>;
}

interface RequestOptions {
  readonly body?: object;
  readonly headers?: Readonly<Record<string, string>>;
  /** Default 200. */
  readonly expected?: readonly number[];
}

const timeoutMs = 30_000;

export class ShopApi {
  readonly #url: string;
  readonly #token: string;

  constructor(url: string, token: string) {
    this.#url = url;
    this.#token = token;
  }

  async request(
    method: string,
    path: string,
    { body, headers = {}, expected = [200] }: RequestOptions = {},
  ): Promise<ApiAnswer> {
    const answer = await fetch(`${this.#url}${path}`, {
      method,
      headers: {
        authorization: `Bearer ${this.#token}`,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
      signal: AbortSignal.timeout(timeoutMs),
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await answer.text();
    if (!expected.includes(answer.status)) {
      throw new Error(`${method} ${path} was answered ${answer.status}: ${text.slice(0, 1000)}`);
    }
    return { status: answer.status, body: text === '' ? {} : JSON.parse(text) };
  }

  get(path: string): Promise<ApiAnswer> {
    return this.request('GET', path);
  }

  post(path: string, body: object, expected: readonly number[] = [201]): Promise<ApiAnswer> {
    return this.request('POST', path, { body, expected });
  }

  /** The items of all pages. */
  async all(path: string): Promise<readonly Readonly<Record<string, unknown>>[]> {
    const items: Readonly<Record<string, unknown>>[] = [];
    const address = `${path}${path.includes('?') ? '&' : '?'}limit=100`;
    for (let cursor: unknown = ''; typeof cursor === 'string'; ) {
      const page = await this.get(cursor === '' ? address : `${address}&cursor=${encodeURIComponent(cursor)}`);
      // `as`: every list of the shop has this form.
      items.push(...(page.body['items'] as readonly Record<string, unknown>[]));
      cursor = page.body['nextCursor'];
    }
    return items;
  }
}
