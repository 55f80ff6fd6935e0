import test from 'ava';
import * as index from 'undici';
import { errors, Pool } from './undici.ts';
import { cache, MemoryCacheStore } from './undici-cache.ts';

test('the files that are loaded are what the index of undici exports', (t) => {
  t.is(Pool, index.Pool);
  t.is(errors, index.errors);
  t.is(cache, index.interceptors.cache);
  t.is(MemoryCacheStore, index.cacheStores.MemoryCacheStore);
  t.is(Pool.prototype.request, index.Dispatcher.prototype.request);
});
