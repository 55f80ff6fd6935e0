import { createRequire } from 'node:module';
import type { Dispatcher as DispatcherType, errors as errorTypes, Pool as PoolType } from 'undici';

/**
 * undici without its index, which also loads fetch, WebSocket, caches, proxies and mocks: 4 MiB of each service's memory for
 * nothing. undici is pinned exactly, and its index is what a test compares with.
 */
const load = createRequire(import.meta.url);

// `as`: these files are what the index exports under these names.
const Dispatcher = load('undici/lib/dispatcher/dispatcher') as typeof DispatcherType;
/** Connections to one server. */
export const Pool = load('undici/lib/dispatcher/pool') as typeof PoolType;
export type Pool = PoolType;
export const errors = load('undici/lib/core/errors') as typeof errorTypes;

// The methods `request`, `stream`… of every dispatcher; the index adds them in the same way.
Object.assign(Dispatcher.prototype, load('undici/lib/api'));
