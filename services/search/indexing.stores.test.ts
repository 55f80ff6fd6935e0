import test from 'ava';
import { openKafka } from '#chassis/kafka/client.ts';
import { silentLogger } from '#chassis/logger.ts';
import type { ProductState } from '#contracts/events/product.ts';
import { deadLetterTopic, retryTopics, topics } from '#contracts/topics.ts';
import { waitFor } from '#lab/control-plane/wait.ts';
import { startKafka } from '#lab/stores/kafka.ts';
import { IndexOutageError } from './domain/product-index.ts';
import { refreshIntervalMs } from './store/definition.ts';
import { aProductState, startSearch, startSearchStores } from './testing/search-under-test.ts';

const [stores, cluster] = await Promise.all([startSearchStores(), startKafka()]);
test.after.always(() => Promise.all([stores.close(), cluster.close()]));

const settings = {
  bootstrapServers: cluster.bootstrapServers,
  tls: false,
  connectTimeoutMs: 2000,
  requestTimeoutMs: 10_000,
} as const;
const { kafka } = openKafka(settings, { service: 'test', logger: silentLogger });
const topic = topics.product.name;
const environment = { APP_KAFKA_BOOTSTRAP_SERVERS: cluster.bootstrapServers.join(','), APP_KAFKA_MAX_ATTEMPTS: '2' };
const producer = kafka.producer();

test.before(async () => {
  const admin = kafka.admin();
  await admin.connect();
  const names = [topic, topics.inventory.name].flatMap((name) => [
    name,
    ...retryTopics(name).map((retry) => retry.name),
    deadLetterTopic(name),
  ]);
  await admin.createTopics({ waitForLeaders: true, topics: names.map((name) => ({ topic: name, numPartitions: 2 })) });
  await admin.disconnect();
  await producer.connect();
});
test.after.always(() => producer.disconnect());

let events = 0;

async function send(type: string, key: string, value: unknown, to: string = topic) {
  events += 1;
  const id = `event-${events}`;
  const message = {
    key,
    value: typeof value === 'string' ? value : JSON.stringify(value),
    headers: {
      ce_specversion: '1.0',
      ce_id: id,
      ce_source: '/shop/product',
      ce_type: type,
      ce_time: new Date().toISOString(),
    },
  };
  await producer.send({ topic: to, messages: [message] });
}

const updated = (product: ProductState) => send('shop.product.updated.v1', product.id, { product });
const deleted = ({ id }: ProductState, version: number) =>
  send('shop.product.deleted.v1', id, { id, version, deletedAt: new Date().toISOString() });

const stock = (sku: string, availability: string, version: number) => {
  const counters = { onHand: 0, reserved: 0, backordered: 0, available: 0 };
  const data = { stock: { sku, ...counters, availability, version } };
  return send('shop.inventory.stock-changed.v1', sku, data, topics.inventory.name);
};

/** How many events of each outcome the service's consumer has had, as its metrics tell. */
async function outcomes(adminUrl: string, of: string = topic): Promise<Readonly<Record<string, number>>> {
  const text = await (await fetch(`${adminUrl}/metrics`)).text();
  const pattern = `^kafka_events_consumed_total\\{.*topic="${of.replaceAll('.', '\\.')}",outcome="(\\w+)".*\\} (\\d+)$`;
  const lines = text.matchAll(new RegExp(pattern, 'gm'));
  return Object.fromEntries([...lines].map(([, outcome = '', count]) => [outcome, Number(count)]));
}

test.serial('what the product service changes is found by searches soon after', async (t) => {
  t.timeout(240_000);
  const { product, search, find } = await startSearch(t, stores, { search: environment, product: environment });
  const admin = { roles: ['admin'], headers: { 'if-match': '*' } } as const;
  const path = '/api/v1/products';
  const create = (number: number) =>
    product.call('POST', path, {
      ...admin,
      body: {
        slug: `p-${number}`,
        title: `Lamp ${number}`,
        sku: `P-${number}`,
        status: 'active',
        prices: [{ currency: 'EUR', amountMinor: 5 }],
      },
    });
  const created = (await create(0)).json;
  const total = async (query: string, wanted: number) => {
    const isThere = async () => (await find(query)).total === wanted;
    await waitFor(`${query} finds ${wanted}`, isThere, { timeoutMs: 60_000 });
  };
  await total('q=lamp', 1);

  await product.call('PATCH', `${path}/${created.id}`, { ...admin, body: { title: 'Lantern' } });
  await total('q=lantern', 1);
  await product.call('PATCH', `${path}/${created.id}`, { ...admin, body: { status: 'archived' } });
  await total('', 0);
  await product.call('PATCH', `${path}/${created.id}`, { ...admin, body: { status: 'active' } });
  await total('q=lantern', 1);
  await product.call('DELETE', `${path}/${created.id}`, admin);
  await total('', 0);
  await product.call('POST', `${path}/${created.id}/restore`, { roles: ['admin'] });
  await total('q=lantern', 1);

  const delays: number[] = [];
  for (let number = 1; number <= 20; number += 1) {
    await create(number);
    const begun = performance.now();
    await total('q=lamp', number);
    delays.push(performance.now() - begun);
  }
  const sorted = delays.toSorted((a, b) => a - b).map(Math.round);
  t.log(
    `change → found: median ${sorted[10]} ms, worst ${sorted.at(-1)} ms, with a refresh every ${refreshIntervalMs} ms`,
  );
  const metrics = await (await fetch(`${search.adminUrl}/metrics`)).text();
  t.regex(metrics, /search_index_lag_seconds\{topic="shop\.product\.v1",service="search"\} \d/);
  t.is((await search.call('GET', '/health')).json.checks.kafka, 'ok');
  // Its consumer belongs to the group of the following tests as well.
  await search.stop();
});

test.serial('an old event never wins, and what cannot be read goes to the dead letters', async (t) => {
  t.timeout(240_000);
  const { search, find, index } = await startSearch(t, stores, { search: environment });
  const sent = { handled: 0, skipped: 0, ignored: 0, dead: 0 };
  const done = async (changes: Partial<typeof sent>) => {
    for (const [name, count] of Object.entries(changes)) sent[name as keyof typeof sent] += count; // of the same record
    const isDone = async () => {
      const now = await outcomes(search.adminUrl);
      return Object.entries(sent).every(([name, count]) => (now[name] ?? 0) >= count);
    };
    await waitFor(`events are ${JSON.stringify(sent)}`, isDone, { timeoutMs: 90_000 });
    await index();
  };
  const one = aProductState({ title: 'Marble One', version: 5 });
  // The topic keeps what the test before has sent: only titles of this one are asked for.
  await updated(one);
  await done({ handled: 1 });
  await updated({ ...one, title: 'Marble Old', version: 4 });
  await updated(one);
  await done({ skipped: 2 });
  const marbles = async () => (await find('q=marble')).items.map(({ title }: { title: string }) => title);
  t.deepEqual(await marbles(), ['Marble One']);
  await deleted(one, 6);
  await updated({ ...one, version: 5 });
  await done({ handled: 1, skipped: 1 });
  t.deepEqual(await marbles(), [], 'a deleted product does not come back by an older event');

  await send('shop.product.updated.v1', one.id, '{"product":');
  await send('shop.product.updated.v1', one.id, { product: { ...one, version: 'x' } });
  await send('shop.product.praised.v1', one.id, { stars: 5 });
  await send('shop.product.updated.v1', one.id, { product: aProductState({ title: 'Marble After' }) });
  await done({ dead: 2, ignored: 1, handled: 1 });
  t.deepEqual(await marbles(), ['Marble After'], 'the partition goes on');
  await search.stop();
});

test.serial(
  'what the inventory tells of SKUs is counted and filtered by; old, double and broken news change nothing',
  async (t) => {
    t.timeout(240_000);
    const { search, find, index } = await startSearch(t, stores, { search: environment });
    const state = (title: string, sku: string) => aProductState({ title: `Granite ${title}`, sku });
    await updated(state('One', 'GRANITE-1'));
    await updated(state('Two', 'GRANITE-2'));
    await stock('GRANITE-1', 'out-of-stock', 3);
    await stock('GRANITE-2', 'low-stock', 1);
    const ofInventory = () => outcomes(search.adminUrl, topics.inventory.name);
    const counted = async (wanted: Readonly<Record<string, number>>) => {
      const isDone = async () => {
        const now = await ofInventory();
        return Object.entries(wanted).every(([name, count]) => now[name] === count);
      };
      await waitFor(`events are ${JSON.stringify(wanted)}`, isDone, { timeoutMs: 90_000 });
      await index();
    };
    const found = async (query = '') => {
      const { items } = await find(`q=granite&sort=title${query}`);
      return items.map(({ title, availability }: Record<string, string>) => `${title}: ${availability}`);
    };
    const states = ['Granite One: out-of-stock', 'Granite Two: low-stock'];
    await counted({ handled: 2 });
    const isThere = async () => (await found()).length === 2;
    await waitFor('the products are there', isThere, { timeoutMs: 60_000 });
    t.deepEqual(await found(), states);
    t.deepEqual(await found('&inStock=true'), ['Granite Two: low-stock']);
    t.deepEqual((await find('q=granite&facets=availability')).facets.availability, [
      { value: 'low-stock', count: 1 },
      { value: 'out-of-stock', count: 1 },
    ]);

    await stock('GRANITE-1', 'in-stock', 2);
    await stock('GRANITE-1', 'out-of-stock', 3);
    await counted({ handled: 2, skipped: 2 });
    await send('shop.inventory.stock-changed.v1', 'GRANITE-1', '{"stock":', topics.inventory.name);
    await stock('GRANITE-1', 'somewhere', 9);
    await send('shop.inventory.stock-praised.v1', 'GRANITE-1', {}, topics.inventory.name);
    await counted({ dead: 2, ignored: 1 });
    t.deepEqual(await found(), states);
    await stock('GRANITE-1', 'in-stock', 4);
    await counted({ handled: 3 });
    t.deepEqual(
      await found('&inStock=true'),
      ['Granite One: in-stock', 'Granite Two: low-stock'],
      'the partition goes on',
    );
    t.is((await ofInventory())['retry'], undefined);
    await search.stop();
  },
);

test.serial('with Elasticsearch away requests are answered 503 and events wait for it', async (t) => {
  t.timeout(240_000);
  const { search, find, engine } = await startSearch(t, stores, {
    search: { ...environment, APP_ELASTICSEARCH_REQUEST_TIMEOUT_MS: '2000' },
  });
  const [node] = stores.elasticsearch.nodes;
  await node?.stop('kill');
  const product = aProductState({ title: 'Quartz' });
  await updated(product);
  for (const path of [
    '/api/v1/search?q=quartz',
    '/api/v1/suggest?q=qua',
    '/api/v1/search/synonyms',
    '/api/v1/search/status',
  ]) {
    const answer = await search.call('GET', path, { roles: ['admin'] });
    t.is(answer.json.code, 'service-unavailable', path);
    t.is(answer.headers.get('retry-after'), '2', path);
  }
  t.is((await search.call('POST', '/api/v1/search/rebuild', { roles: ['admin'] })).status, 503);
  const away = { instanceOf: IndexOutageError };
  await t.throwsAsync(engine.index.prepare(), away);
  await t.throwsAsync(engine.index.writeProducts([{ kind: 'put', product }]), away);
  await t.throwsAsync(engine.index.writeStock([{ sku: product.sku, version: 1, availability: 'in-stock' }]), away);
  const health = await search.call('GET', '/health');
  t.is(health.status, 503);
  t.is(health.json.checks.elasticsearch, 'failed');
  await node?.start();
  const isFound = async () => {
    const answer = await search.call('GET', '/api/v1/search?q=quartz');
    return answer.status === 200 && answer.json.total === 1;
  };
  await waitFor('the event is indexed', isFound, { timeoutMs: 120_000 });
  t.is((await outcomes(search.adminUrl))['retry'], undefined, 'nothing was given up meanwhile');
  t.is((await find('q=quartz')).items[0].id, product.id);
});
