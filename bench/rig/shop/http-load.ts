import { Pool } from 'undici';

/** Asks one server over connections that stay open. */
export interface HttpLoad extends AsyncDisposable {
  /** One request; throws unless the status is 200, and the body has as many bytes as the first one had. */
  get(path: string, headers?: Readonly<Record<string, string>>): Promise<void>;
  /** The same for a POST that must be answered 201, whatever the length of its answer. */
  post(path: string, body: unknown, headers?: Readonly<Record<string, string>>): Promise<void>;
}

/** One connection for each request in flight. */
export function openLoad(url: string, connections: number): HttpLoad {
  const pool = new Pool(url, { connections, pipelining: 1 });
  const lengths = new Map<string, number>();
  return {
    get: async (path, headers = {}) => {
      const { statusCode, body } = await pool.request({ method: 'GET', path, headers: { ...headers } });
      const bytes = await body.bytes();
      const length = lengths.get(path) ?? bytes.length;
      lengths.set(path, length);
      if (statusCode !== 200 || bytes.length !== length) {
        throw new Error(
          `GET ${path}: ${statusCode}, ${bytes.length} bytes: ${Buffer.from(bytes).toString().slice(0, 300)}`,
        );
      }
    },
    post: async (path, content, headers = {}) => {
      const options = { method: 'POST', path, headers: { 'content-type': 'application/json', ...headers } } as const;
      const { statusCode, body } = await pool.request({ ...options, body: JSON.stringify(content) });
      const text = await body.text();
      if (statusCode !== 201) {
        throw new Error(`POST ${path}: ${statusCode}: ${text.slice(0, 300)}`);
      }
    },
    [Symbol.asyncDispose]: () => pool.close(),
  };
}
