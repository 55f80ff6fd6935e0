import { randomUUID } from 'node:crypto';
import test, { type ExecutionContext } from 'ava';
import { silentLogger } from '#chassis/logger.ts';
import { closeRedis, openRedis } from '#chassis/redis/redis.ts';
import { waitFor } from '#lab/control-plane/wait.ts';
import { startRedisCluster } from '#lab/stores/redis.ts';
import { createOfferCache } from './catalogue/offer-cache.ts';
import type { Offer } from './domain/offer.ts';

const anOffer = (version: number, amount: number): Offer => ({
  variantId: 'a',
  productId: 'a',
  version,
  isForSale: true,
  sku: 'A',
  title: 'A | 7 {"version":9}',
  options: { size: 'M' },
  prices: { EUR: { amountMinor: amount, version } },
});

/** A cache in a Redis Cluster of its own. */
async function startCache(t: ExecutionContext) {
  const redis = await startRedisCluster();
  t.teardown(() => redis.close());
  const settings = { nodes: redis.nodeList.split(','), password: redis.password, commandTimeoutMs: 10_000 };
  const client = openRedis(settings, silentLogger);
  t.teardown(() => closeRedis(client));
  await waitFor('redis answers', async () => (await client.ping()) === 'PONG', { timeoutMs: 30_000 });
  return createOfferCache(client, 60_000);
}

test('an older offer never takes the place of a newer one, in whichever order they come', async (t) => {
  const cache = await startCache(t);
  t.deepEqual(await cache.get(['a']), [undefined]);
  await cache.putMissing('a');
  t.deepEqual(await cache.get(['a']), [null]);
  const versions = Array.from({ length: 50 }, (_, index) => index + 1);
  const shuffled = versions.toSorted((x, y) => ((x * 7919) % 53) - ((y * 7919) % 53));
  await Promise.all(shuffled.map((version) => cache.put(anOffer(version, version))));
  t.deepEqual(await cache.get(['a', 'b']), [anOffer(50, 50), undefined]);
  await cache.putMissing('a');
  await cache.put(anOffer(49, 1));
  t.deepEqual(await cache.get(['a']), [anOffer(50, 50)]);
  await cache.put(anOffer(50, 51));
  t.is(
    (await cache.get(['a']))[0]?.prices['EUR']?.amountMinor,
    51,
    'the same version is the same or what was corrected',
  );
});

test('a variant that its product lost is not for sale, also when an answer of before comes after the event', async (t) => {
  const cache = await startCache(t);
  const of = (variantId: string, version: number): Offer => ({
    ...anOffer(version, version),
    variantId,
    productId: 'p',
  });
  const shown = async () => (await cache.get(['a', 'b', 'c'])).map((offer) => offer?.isForSale);
  await cache.put(of('a', 1));
  await cache.put(of('b', 1));
  t.deepEqual(await shown(), [true, true, undefined]);
  await cache.putProduct({ id: 'p', version: 2, offers: [of('a', 2)] });
  t.deepEqual(await shown(), [true, false, undefined]);
  for (const late of [of('b', 1), of('c', 1)]) await cache.put(late);
  t.deepEqual(await shown(), [true, false, undefined], 'answers of before the event');
  await cache.putProduct({ id: 'p', version: 1, offers: [of('a', 1), of('b', 1), of('c', 1)] });
  t.deepEqual(await shown(), [true, false, undefined], 'an event of before it');
  await cache.putProduct({ id: 'p', version: 3, offers: [of('b', 3), of('c', 3)] });
  t.deepEqual(await shown(), [false, true, true], 'restored, and another one gone');
  await cache.putProduct({ id: 'p', version: 4, offers: [] });
  t.deepEqual(await shown(), [false, false, false]);
  await cache.putProduct({ id: 'p', version: 5, offers: [of('a', 5)] });
  await Promise.all([
    cache.putProduct({ id: 'p', version: 6, offers: [] }),
    cache.put(of('a', 5)),
    cache.put(of('b', 5)),
  ]);
  t.deepEqual((await shown())[0], false, 'whoever comes first');
  t.not((await shown())[1], true);
});

test('any number of offers is read, in the order of the ids, with the ones that are not there', async (t) => {
  const cache = await startCache(t);
  const ids = Array.from({ length: 100 }, () => randomUUID());
  const offers = ids.map((variantId, index) => ({ ...anOffer(index + 1, index), variantId }));
  await Promise.all(offers.filter((_, index) => index % 3 !== 0).map((offer) => cache.put(offer)));
  const wanted = offers.map((offer, index) => (index % 3 === 0 ? undefined : offer));
  t.deepEqual(await cache.get(ids), wanted);
  const [first = ''] = ids;
  t.deepEqual(await cache.get([first, ids[1] ?? '', first]), [undefined, offers[1], undefined]);
  t.deepEqual(await cache.get([]), []);
  t.deepEqual(await cache.get(['']), [undefined]);
});
