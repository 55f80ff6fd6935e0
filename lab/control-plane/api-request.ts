import { Agent, request } from 'node:https';
import type { KeyPair } from '../pki/authority.ts';

const requestTimeoutMs = 5_000;

/** Asks the API server as administrator. */
export interface ApiReader {
  /** The body of a GET; rejects with the status and body of any answer but 200. */
  get(path: string): Promise<string>;
  close(): void;
}

/** Who asks, and how the server is known to be the right one. */
export interface Administrator {
  readonly admin: KeyPair;
  readonly authorityCertificate: string;
}

/** An {@link ApiReader} for one cluster: what waits for a server to be ready must not start a program for each look. */
export function createApiReader(serverUrl: string, credentials: Administrator): ApiReader {
  const agent = new Agent({
    keepAlive: true,
    ca: credentials.authorityCertificate,
    cert: credentials.admin.certificate,
    key: credentials.admin.key,
  });
  return {
    get: (path) => get(new URL(path, serverUrl), agent),
    close: () => agent.destroy(),
  };
}

function get(url: URL, agent: Agent): Promise<string> {
  return new Promise((resolve, reject) => {
    const outgoing = request(url, { agent, timeout: requestTimeoutMs }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.once('error', reject);
      response.once('end', () => {
        const body = Buffer.concat(chunks).toString('utf8');
        if (response.statusCode === 200) {
          resolve(body);
        } else {
          reject(new Error(`GET ${url.pathname} was answered ${response.statusCode}: ${body.slice(0, 500)}`));
        }
      });
    });
    outgoing.once('timeout', () => outgoing.destroy(new Error(`GET ${url.pathname}: no answer within 5 s`)));
    outgoing.once('error', reject);
    outgoing.end();
  });
}
