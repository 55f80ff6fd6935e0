import test from 'ava';
import { type Environment, loadSettings } from '#chassis/config/settings.ts';
import { openKafka } from '#chassis/kafka/client.ts';
import { silentLogger } from '#chassis/logger.ts';
import { buildService } from '#chassis/running-service.ts';
import { searchAll } from '#chassis/search/documents.ts';
import { startProcess } from '#chassis/testing/service-process.ts';
import { call, type ServiceUnderTest, startUnderTest, testInternalKey } from '#chassis/testing/service-under-test.ts';
import { deadLetterTopic, retryTopics, topics } from '#contracts/topics.ts';
import { waitFor } from '#lab/control-plane/wait.ts';
import { startKafka } from '#lab/stores/kafka.ts';
import { makeCatalogue } from '../product/seed/catalogue.ts';
import { productService } from '../product/service.ts';
import { seedCatalogue } from '../product/store/seed-catalogue.ts';
import type { IndexedDocument } from './domain/document.ts';
import { searchService } from './service.ts';
import { refresh } from './store/inspect.ts';
import { startGate } from './testing/gate.ts';
import { aProductState, type SearchUnderTest, startSearch, startSearchStores } from './testing/search-under-test.ts';

const [stores, cluster] = await Promise.all([startSearchStores(), startKafka()]);
test.after.always(() => Promise.all([stores.close(), cluster.close()]));

const kafkaEnvironment = { APP_KAFKA_BOOTSTRAP_SERVERS: cluster.bootstrapServers.join(',') };
const admin = { roles: ['admin'] } as const;
const rebuildPath = '/api/v1/search/rebuild';

test.before(async () => {
  const settings = {
    bootstrapServers: cluster.bootstrapServers,
    tls: false,
    connectTimeoutMs: 2000,
    requestTimeoutMs: 10_000,
  };
  const connection = openKafka(settings, { service: 'test', logger: silentLogger }).kafka.admin();
  await connection.connect();
  const all = [topics.product.name, topics.inventory.name].flatMap((name) => [
    name,
    ...retryTopics(name).map((retry) => retry.name),
    deadLetterTopic(name),
  ]);
  await connection.createTopics({ waitForLeaders: true, topics: all.map((topic) => ({ topic, numPartitions: 2 })) });
  await connection.disconnect();
});

/** A catalogue of `count` products in a database of its own; the variables that lead the product service to it. */
async function seed(count: number): Promise<Environment> {
  const environment = await stores.databases.create();
  const settings = loadSettings(productService.settings, { ...environment, APP_INTERNAL_KEY: testInternalKey });
  const { deps, close } = buildService(productService, settings, silentLogger);
  await seedCatalogue(deps, makeCatalogue(count));
  await close();
  return environment;
}

async function untilRebuilt(service: ServiceUnderTest, status = 'done') {
  // biome-ignore lint/suspicious/noExplicitAny: a test states what it expects by its assertions
  let rebuild: any;
  const isOver = async () => {
    rebuild = (await service.call('GET', rebuildPath, admin)).json;
    return rebuild.status !== 'running';
  };
  await waitFor('the rebuild is over', isOver, { timeoutMs: 120_000 });
  if (rebuild.status !== status) throw new Error(`the rebuild ended as ${JSON.stringify(rebuild)}`);
  return rebuild;
}

/** Visible products of an index or alias: id → version. */
async function contents(
  { client, names }: SearchUnderTest,
  role: 'read' | 'shadow',
): Promise<ReadonlyMap<string, number>> {
  await refresh(client, names[role]);
  const found = new Map<string, number>();
  const body = { query: { term: { isVisible: true } }, sort: [{ id: 'asc' }] };
  for await (const page of searchAll<IndexedDocument>(client, names[role], { body, pageSize: 1000 }))
    for (const { id, document } of page) found.set(id, document.version);
  return found;
}

/** What the product service shows to customers: id → version. */
async function catalogue(product: ServiceUnderTest): Promise<ReadonlyMap<string, number>> {
  const found = new Map<string, number>();
  for (let cursor = ''; ; ) {
    const page = (await product.call('GET', `/api/v1/products?limit=100&sort=oldest${cursor}`, admin)).json;
    for (const { id, version } of page.items) found.set(id, version);
    if (page.nextCursor === null) return found;
    cursor = `&cursor=${page.nextCursor}`;
  }
}

const asText = (map: ReadonlyMap<string, number>) => JSON.stringify([...map].toSorted(([a], [b]) => (a < b ? -1 : 1)));

/** Changes, adds and deletes products until it is told to stop. */
function startWriting(product: ServiceUnderTest, ids: readonly string[]) {
  let isStopping = false;
  let count = 0;
  const options = { ...admin, headers: { 'if-match': '*' } };
  const write = async (): Promise<void> => {
    const id = ids[(count * 7) % ids.length] ?? '';
    const body = {
      slug: `new-${count}`,
      title: `New ${count}`,
      sku: `NEW-${count}`,
      status: 'active',
      prices: [{ currency: 'EUR', amountMinor: 1 }],
    };
    const path = '/api/v1/products';
    if (count % 3 === 0)
      await product.call('PATCH', `${path}/${id}`, { ...options, body: { title: `Changed ${count}` } });
    else if (count % 3 === 1) await product.call('POST', path, { ...admin, body });
    else await product.call('DELETE', `${path}/${id}`, options);
    count += 1;
  };
  const running = (async () => {
    while (!isStopping) await write();
  })();
  return {
    stop: async () => {
      isStopping = true;
      await running;
      return count;
    },
  };
}

/** Asks again and again; resolves with how many answers there were, and what was wrong with any. */
function startReading({ search }: SearchUnderTest, least: number) {
  let isStopping = false;
  let count = 0;
  const faults: string[] = [];
  const running = (async () => {
    while (!isStopping) {
      const { status, json, text } = await search.call('GET', '/api/v1/search?limit=1&facets=category');
      if (status !== 200 || json.total < least) faults.push(`${status}: ${text.slice(0, 200)}`);
      count += 1;
    }
  })();
  return {
    stop: async () => {
      isStopping = true;
      await running;
      return { count, faults };
    },
  };
}

test.serial('a rebuild while products change loses nothing, and searches are answered throughout', async (t) => {
  t.timeout(300_000);
  const environment = { ...(await seed(1500)), ...kafkaEnvironment };
  const shop = await startSearch(t, stores, { product: environment, search: kafkaEnvironment });
  const { search, product } = shop;
  const isFilled = async () => (await contents(shop, 'read')).size === (await catalogue(product)).size;
  await waitFor('the events have filled the index', isFilled, { timeoutMs: 120_000, intervalMs: 500 });
  const ids = [...(await catalogue(product)).keys()];

  const [writing, reading] = [startWriting(product, ids), startReading(shop, ids.length / 2)];
  const started = await search.call('POST', rebuildPath, admin);
  t.is(started.status, 202);
  t.is((await search.call('POST', rebuildPath, admin)).json.code, 'rebuild-running');
  const isCopied = async () => (await search.call('GET', rebuildPath, admin)).json.phase !== 'copying';
  await waitFor('all pages are read', isCopied, { timeoutMs: 120_000 });
  const writes = await writing.stop();
  const rebuild = await untilRebuilt(search);
  const { count, faults } = await reading.stop();
  t.deepEqual(faults, []);
  t.deepEqual([rebuild.source, rebuild.target], [started.json.source, started.json.target]);
  t.true(rebuild.read >= 1000);
  t.log(
    `${rebuild.read} products read beside ${writes} changes (${rebuild.stale} were newer in the index) and ${count} searches`,
  );

  const isSame = async (role: 'read' | 'shadow') =>
    asText(await contents(shop, role)) === asText(await catalogue(product));
  await waitFor('the new index has what there is', () => isSame('read'), { timeoutMs: 60_000 });
  await waitFor('the index before has it as well', () => isSame('shadow'), { timeoutMs: 60_000 });
  const indices = (await search.call('GET', '/api/v1/search/status', admin)).json.indices;
  t.deepEqual(
    indices.map(({ name, role, isOutdated }: Record<string, unknown>) => [name, role, isOutdated]),
    [
      [rebuild.source, 'shadow', false],
      [rebuild.target, 'live', false],
    ],
  );

  // Back: the index before has had every change since.
  const afterwards = startWriting(product, ids);
  const back = await search.call('POST', `${rebuildPath}/rollback`, admin);
  t.is(back.json.status, 'rolled-back');
  await afterwards.stop();
  await waitFor('the index before has what there is', () => isSame('read'), { timeoutMs: 60_000 });
  t.is((await search.call('POST', `${rebuildPath}/rollback`, admin)).json.code, 'rebuild-impossible');
  const roles = (await search.call('GET', '/api/v1/search/status', admin)).json.indices;
  t.is(roles.find(({ role }: { role: string }) => role === 'live').name, rebuild.source);
});

test.serial('a killed rebuild is finished by another process from where it was', async (t) => {
  t.timeout(240_000);
  const shopProduct = await startUnderTest(t, productService, await seed(1000));
  const gate = await startGate(t, () => shopProduct.url);
  gate.holdAfter(4);
  const shop = await startSearch(t, stores, {
    search: { APP_UPSTREAM_PRODUCT: gate.url, APP_SEARCH_LEASE_MS: '6000' },
  });
  await shop.search.stop();
  const main = new URL('./main.ts', import.meta.url);
  const first = await startProcess(t, main, shop.environment);
  const url = `${first.url}${rebuildPath}`;
  const started = await call(url, 'POST', admin);
  t.is(started.status, 202);
  const isHalfway = async () => (await call(url, 'GET', admin)).json.read === 400;
  await waitFor('four pages are read', isHalfway, { timeoutMs: 60_000 });
  first.child.kill('SIGKILL');
  gate.release();

  const second = await startUnderTest(t, searchService, shop.environment);
  const rebuild = await untilRebuilt(second);
  const expected = await catalogue(shopProduct);
  t.like(rebuild, { id: started.json.id, takeovers: 1, read: expected.size, counted: expected.size, error: null });
  t.is(asText(await contents(shop, 'read')), asText(expected));
});

test.serial('a rebuild can be cancelled, and an incomplete one does not take the place of the index', async (t) => {
  t.timeout(240_000);
  const shopProduct = await startUnderTest(t, productService, await seed(300));
  const gate = await startGate(t, () => shopProduct.url);
  const shop = await startSearch(t, stores, { search: { APP_UPSTREAM_PRODUCT: gate.url } });
  const { search } = shop;
  t.is((await search.call('GET', rebuildPath, admin)).json.code, 'not-found');
  t.is((await search.call('POST', `${rebuildPath}/cancel`, admin)).json.code, 'rebuild-impossible');
  t.is((await search.call('POST', `${rebuildPath}/rollback`, admin)).json.code, 'rebuild-impossible');
  const indices = async () => {
    const { json, text } = await search.call('GET', '/api/v1/search/status', admin);
    if (json.indices === undefined) return [text];
    return json.indices.map(({ name, role, products }: Record<string, unknown>) => [name, role, products]);
  };
  const before = await indices();
  const live = shop.names.productsPrefix;
  t.deepEqual(before, [[`${live}1`, 'live', 0]]);

  gate.holdAfter(1);
  t.is((await search.call('POST', rebuildPath, admin)).status, 202);
  const hasBegun = async () => (await search.call('GET', rebuildPath, admin)).json.read > 0;
  await waitFor('a page is read', hasBegun, { timeoutMs: 60_000 });
  const cancelled = await search.call('POST', `${rebuildPath}/cancel`, admin);
  t.is(cancelled.json.status, 'cancelled');
  gate.release();
  t.deepEqual(await indices(), before, 'as it was');

  // A page without its last products: the numbers never agree.
  gate.change((text) => {
    const page = JSON.parse(text);
    return JSON.stringify({ ...page, items: page.items.slice(0, 90) });
  });
  await search.call('POST', rebuildPath, admin);
  const failed = await untilRebuilt(search, 'failed');
  t.regex(failed.error, /the new index has \d+ products and the product service \d+/);
  const isDropped = async () => JSON.stringify(await indices()) === JSON.stringify(before);
  await waitFor('the new index is dropped and the other as it was', isDropped, { timeoutMs: 60_000 });

  gate.change(undefined);
  await search.call('POST', rebuildPath, admin);
  const done = await untilRebuilt(search);
  t.is(done.counted, (await catalogue(shopProduct)).size);
  t.deepEqual(await indices(), [
    [done.source, 'shadow', 0],
    [done.target, 'live', done.counted],
  ]);
});

test.serial(
  'a product service that has lost its products does not empty the shop, unless somebody insists',
  async (t) => {
    t.timeout(240_000);
    const full = await startUnderTest(t, productService, await seed(40));
    const empty = await startUnderTest(t, productService, await stores.databases.create());
    let upstream = full;
    const gate = await startGate(t, () => upstream.url);
    const shop = await startSearch(t, stores, { search: { APP_UPSTREAM_PRODUCT: gate.url } });
    const { search } = shop;
    t.is((await search.call('POST', rebuildPath, admin)).status, 202);
    const { counted } = await untilRebuilt(search);
    t.true(counted > 0);
    const total = async () => (await shop.find('limit=1')).total;
    t.is(await total(), counted);

    upstream = empty;
    const refused = await search.call('POST', rebuildPath, admin);
    t.is(refused.json.code, 'rebuild-impossible');
    t.regex(
      refused.json.detail,
      new RegExp(`the index has ${counted} products and the product service 0; .*force=true`),
    );
    t.is((await search.call('POST', `${rebuildPath}?force=perhaps`, admin)).json.code, 'invalid-parameter');

    // They go after it has begun.
    upstream = full;
    gate.holdAfter(0);
    t.is((await search.call('POST', rebuildPath, admin)).status, 202);
    upstream = empty;
    gate.release();
    const failed = await untilRebuilt(search, 'failed');
    t.regex(failed.error, /force=true; .*products-v\d+ stays/);
    t.is(await total(), counted);

    t.is((await search.call('POST', `${rebuildPath}?force=true`, admin)).status, 202);
    await untilRebuilt(search);
    t.is(await total(), 0);
    t.is((await search.call('POST', `${rebuildPath}/rollback`, admin)).status, 200);
    t.is(await total(), counted, 'and the index before is still there');
  },
);

test.serial(
  'an index of another release is told of; deleted products stay deleted in the one that replaces it',
  async (t) => {
    const shop = await startSearch(t, stores);
    const { engine, client, names, search } = shop;
    const path = `/${names.write}/_mapping`;
    await client.send({ operation: 'test', method: 'PUT', path, body: { _meta: { schema: 0 } }, isSafe: true });
    const gone = aProductState({ version: 4 });
    await engine.index.writeProducts([{ kind: 'remove', product: { id: gone.id, version: 6 } }]);
    await refresh(client, names.write);
    const status = async () => (await search.call('GET', '/api/v1/search/status', admin)).json.indices;
    t.like((await status())[0], { role: 'live', isOutdated: true, products: 0, tombstones: 1 });
    await search.call('POST', rebuildPath, admin);
    await untilRebuilt(search);
    t.like((await status())[1], { role: 'live', isOutdated: false });
    t.deepEqual(await engine.index.writeProducts([{ kind: 'put', product: gone }]), [false]);
    t.is((await contents(shop, 'read')).size, 0);
  },
);
