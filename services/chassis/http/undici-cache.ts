import { createRequire } from 'node:module';
import type { cacheStores, interceptors } from 'undici';

/** undici's shared cache (RFC 9111), without its index as in `undici.ts`, and apart from it: one service alone needs it. */
const load = createRequire(import.meta.url);

// `as`: these files are what the index exports under these names.
/** Answers what it has stored, and stores what may be given to others. */
export const cache = load('undici/lib/interceptor/cache') as typeof interceptors.cache;
export const MemoryCacheStore = load('undici/lib/cache/memory-cache-store') as typeof cacheStores.MemoryCacheStore;
