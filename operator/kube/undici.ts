import { createRequire } from 'node:module';
import type { Agent as AgentType, Dispatcher as DispatcherType, Pool as PoolType } from 'undici';

/**
 * undici without its index, which also loads fetch, WebSocket, caches, proxies and mocks: 5 MiB of every operator's
 * memory for nothing. undici is pinned exactly, and its index is what a test compares with.
 */
const load = createRequire(import.meta.url);

// `as`: these files are what the index exports under these names.
const DispatcherClass = load('undici/lib/dispatcher/dispatcher') as typeof DispatcherType;
/** Connections to one server. */
export const Pool = load('undici/lib/dispatcher/pool') as typeof PoolType;
/** Connections to any server. */
export const Agent = load('undici/lib/dispatcher/agent') as typeof AgentType;

// The methods `request`, `stream`… of every dispatcher; the index adds them in the same way.
Object.assign(DispatcherClass.prototype, load('undici/lib/api'));

/** Sends a request over a dispatcher. Rejects when there is no answer; any status is one. */
export function request(
  url: string,
  { dispatcher, ...options }: Omit<DispatcherType.RequestOptions, 'origin' | 'path'> & { dispatcher: DispatcherType },
): Promise<DispatcherType.ResponseData> {
  const { origin, pathname, search } = new URL(url);
  return dispatcher.request({ ...options, origin, path: `${pathname}${search}` });
}
