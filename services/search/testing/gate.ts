/** Stands before the product service, and holds or changes its pages of products when a test wants it to. */
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { ExecutionContext } from 'ava';

export interface Gate {
  readonly url: string;
  /** Pages of products after so many more are held. */
  holdAfter(pages: number): void;
  /** What is held goes on, and nothing is held any more. */
  release(): void;
  /** Changes the text of each page of products. */
  change(page: ((text: string) => string) | undefined): void;
}

export async function startGate(t: ExecutionContext, upstream: () => string): Promise<Gate> {
  let left = Number.POSITIVE_INFINITY;
  let opened = Promise.withResolvers<void>();
  let changing: ((text: string) => string) | undefined;
  const pass = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const isPage = request.url?.includes('sort=oldest') === true;
    if (isPage) left -= 1;
    if (isPage && left < 0) await opened.promise;
    const identity = request.headers['x-internal-identity'];
    const answer = await fetch(`${upstream()}${request.url}`, {
      headers: typeof identity === 'string' ? { 'x-internal-identity': identity } : {},
    });
    const text = await answer.text();
    response.writeHead(answer.status, { 'content-type': 'application/json' });
    response.end(isPage && changing !== undefined ? changing(text) : text);
  };
  const server = createServer((request, response) => {
    pass(request, response).catch(() => response.destroy());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.teardown(() => {
    opened.resolve();
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo; // it listens on a port
  return {
    url: `http://127.0.0.1:${port}`,
    holdAfter: (pages) => {
      left = pages;
    },
    release: () => {
      left = Number.POSITIVE_INFINITY;
      opened.resolve();
      opened = Promise.withResolvers();
    },
    change: (page) => {
      changing = page;
    },
  };
}
