import test from 'ava';
import { loadSettings } from '#chassis/config/settings.ts';
import { silentLogger } from '#chassis/logger.ts';
import { buildService } from '#chassis/running-service.ts';
import { testInternalKey } from '#chassis/testing/service-under-test.ts';
import { waitFor } from '#lab/control-plane/wait.ts';
import { productService } from './service.ts';
import { applyDuePrices } from './store/timed-prices.ts';
import { editor, type ProductUnderTest, products, startDatabases, startProduct } from './testing/product-under-test.ts';

const databases = await startDatabases();
test.after.always(() => databases.close());

const hour = 3_600_000;
const at = (offsetMs: number): string => new Date(Date.now() + offsetMs).toISOString();
const eur = (amountMinor: number, from: number, to: number | null) => ({
  currency: 'EUR',
  amountMinor,
  validFrom: at(from),
  validTo: to === null ? null : at(to),
});
const timedPath = (id: string) => `${products}/${id}/variants/${id}/timed-prices`;
const read = async ({ service }: ProductUnderTest, id: string) =>
  (await service.call('GET', `${products}/${id}`, editor)).json;
const patient = { timeoutMs: 30_000 };

test('a price has a version that moves when its amounts change, and only then', async (t) => {
  const rig = await startProduct(t, databases);
  const prices = [
    { currency: 'EUR', amountMinor: 1000, compareAtMinor: 1500 },
    { currency: 'USD', amountMinor: 1100 },
  ];
  const { json: product } = await rig.create({ prices });
  const versions = ({ prices: list }: typeof product) => list.map(({ version }: { version: number }) => version);
  const change = async (body: unknown) => (await rig.edit('PATCH', `${products}/${product.id}`, body)).json;
  t.deepEqual(versions(await change({ title: 'Other', prices })), versions(product));
  const dearer = await change({ prices: [prices[0], { currency: 'USD', amountMinor: 1200 }] });
  t.is(versions(dearer)[0], versions(product)[0]);
  t.true(versions(dearer)[1] > versions(product)[1]);
  const unreduced = await change({ prices: [{ currency: 'EUR', amountMinor: 1000 }] });
  t.true(versions(unreduced)[0] > versions(dearer)[0], 'the struck-out price counts');
  const again = await change({
    prices: [
      { currency: 'EUR', amountMinor: 1000 },
      { currency: 'USD', amountMinor: 1200 },
    ],
  });
  t.true(versions(again)[1] > versions(dearer)[1], 'a price that went and came back is another one');
});

test('a timed price is in force at once when its time is now, with the regular one behind it', async (t) => {
  const rig = await startProduct(t, databases);
  const { json: product } = await rig.create();
  const sale = { ...eur(999, -hour, hour), compareAtMinor: 1999 };
  const put = await rig.edit('PUT', timedPath(product.id), { prices: [sale, eur(1, 2 * hour, null)] }, '"v1"');
  t.is(put.status, 200, put.text);
  t.like(put.json.prices, [{ currency: 'EUR', amountMinor: 999, compareAtMinor: 1999 }]);
  t.true(put.json.prices[0].version > product.prices[0].version);
  const listed = await rig.service.call('GET', timedPath(product.id), editor);
  t.is(listed.headers.get('etag'), put.headers.get('etag'));
  t.deepEqual(listed.json.prices, [
    { ...sale, state: 'applied' },
    { ...eur(1, 2 * hour, null), validFrom: listed.json.prices[1].validFrom, state: 'waiting' },
  ]);
  t.is((await rig.service.call('GET', timedPath(product.id))).status, 401, 'what is planned is not public');

  const regular = await rig.edit('PATCH', `${products}/${product.id}`, {
    prices: [{ currency: 'EUR', amountMinor: 5000 }],
  });
  t.is(regular.json.prices[0].amountMinor, 999, 'the regular price changes behind the timed one');
  const cleared = await rig.edit('PUT', timedPath(product.id), { prices: [] });
  t.deepEqual(cleared.json.prices, [{ currency: 'EUR', amountMinor: 5000, version: cleared.json.prices[0].version }]);
});

test('a timed price begins and ends by itself, with a version, an ETag and an event each', async (t) => {
  const rig = await startProduct(t, databases);
  const { json: product } = await rig.create();
  await rig.edit('PUT', timedPath(product.id), { prices: [eur(500, hour, 2 * hour)] }, '"v1"');
  const planned = await rig.service.call('GET', `${products}/${product.id}`, editor);
  t.is(planned.json.prices[0].amountMinor, 1999);
  const amountIs = (amount: number) => async () => (await read(rig, product.id)).prices[0].amountMinor === amount;
  await rig.client.query(`update timed_prices set valid_from = now() - interval '1 second'`);
  await waitFor('it begins', amountIs(500), patient);
  const headers = { 'if-none-match': planned.headers.get('etag') ?? '' };
  t.is((await rig.service.call('GET', `${products}/${product.id}`, { ...editor, headers })).status, 200);
  await rig.client.query('update timed_prices set valid_to = now()');
  await waitFor('it ends', amountIs(1999), patient);
  const events = (await rig.events()).filter(({ type }) => type.includes('price-changed'));
  const amounts = events.map(({ data }) => {
    const [change] = data['changes'] as { before: { amountMinor: number }; after: { amountMinor: number } }[];
    return [change?.before.amountMinor, change?.after.amountMinor];
  });
  t.deepEqual(amounts, [
    [1999, 500],
    [500, 1999],
  ]);
  t.is((await read(rig, product.id)).version, 4);
});

test('several replicas apply a due price once', async (t) => {
  const rig = await startProduct(t, databases);
  const settings = loadSettings(productService.settings, { ...rig.environment, APP_INTERNAL_KEY: testInternalKey });
  const { deps, close } = buildService(productService, settings, silentLogger);
  t.teardown(close);
  await rig.service.stop();
  const { rows } = await rig.client.query(`
    with p as (insert into products (id, slug, title) select gen_random_uuid(), 'p' || n, 'P' from generate_series(1, 30) n returning id),
      v as (insert into variants (id, product_id, sku) select id, id, 'S' || row_number() over () from p returning id)
    insert into prices (variant_id, currency, amount_minor) select id, 'EUR', 100 from v returning variant_id as id`);
  await rig.client.query(
    `insert into timed_prices (id, variant_id, currency, amount_minor, valid_from)
     select gen_random_uuid(), id, 'EUR', 50, now() - interval '1 minute' from unnest($1::uuid[]) id`,
    [rows.map(({ id }) => id)],
  );
  await Promise.all(Array.from({ length: 5 }, () => applyDuePrices(deps, 100)));
  t.is(await applyDuePrices(deps, 100), 0);
  const { rows: after } = await rig.client.query('select distinct version from products');
  t.deepEqual(after, [{ version: 2 }]);
  t.is((await rig.events()).filter(({ type }) => type.includes('price-changed')).length, 30);
});

test('no two timed prices of one currency are in force at once, and each has a regular price behind it', async (t) => {
  const rig = await startProduct(t, databases);
  const { json: product } = await rig.create();
  const refusals = [
    [eur(1, hour, 3 * hour), eur(2, 2 * hour, null)],
    [eur(1, hour, null), eur(2, 2 * hour, 3 * hour)],
    [eur(1, hour, hour)],
    [{ ...eur(1, hour, null), currency: 'USD' }],
    [{ ...eur(5, hour, null), compareAtMinor: 5 }],
    [{ ...eur(5, hour, null), validFrom: 'tomorrow' }],
  ];
  for (const prices of refusals) {
    const answer = await rig.edit('PUT', timedPath(product.id), { prices });
    t.is(answer.json.code, 'validation-failed', JSON.stringify(prices));
  }
  const meeting = at(2 * hour);
  const neighbours = [
    { ...eur(1, hour, 0), validTo: meeting },
    { ...eur(2, 0, null), validFrom: meeting },
  ];
  t.is(
    (await rig.edit('PUT', timedPath(product.id), { prices: neighbours })).status,
    200,
    'one ends as the next begins',
  );
  await t.throwsAsync(
    rig.client.query(
      `insert into timed_prices (id, variant_id, currency, amount_minor, valid_from)
       select gen_random_uuid(), variant_id, currency, 1, now() + interval '1 year' from timed_prices limit 1`,
    ),
    { message: /timed_prices__no_overlap/ },
  );
  const without = [{ currency: 'USD', amountMinor: 5 }];
  t.is((await rig.edit('PATCH', `${products}/${product.id}`, { prices: without })).status, 200);
  t.deepEqual((await rig.service.call('GET', timedPath(product.id), editor)).json.prices, [], 'they go with it');
  const nobody = '01a20792-7531-7b89-86c5-c73c7e30f850';
  const unknown = `${products}/${product.id}/variants/${nobody}/timed-prices`;
  t.is((await rig.edit('PUT', unknown, { prices: [] })).json.code, 'not-found');
  t.is((await rig.service.call('GET', unknown, editor)).json.code, 'not-found');
});
