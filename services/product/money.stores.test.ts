import test from 'ava';
import { waitFor } from '#lab/control-plane/wait.ts';
import { aProduct, aVariant } from './testing/factories.ts';
import {
  contentsOf,
  editor,
  type ProductUnderTest,
  products,
  startDatabases,
  startProduct,
} from './testing/product-under-test.ts';

const databases = await startDatabases();
test.after.always(() => databases.close());

/** JSON as text: what `JSON.stringify` cannot write (numbers too precise, two members of one name) is among it. */
interface Abuse {
  readonly about: string;
  readonly prices: string;
  /** What the refusal names, below the list of prices. */
  readonly field: string;
}

const amount = (text: string): Abuse => ({
  about: `an amount of ${text}`,
  prices: `[{"currency":"EUR","amountMinor":${text}}]`,
  field: '/0/amountMinor',
});
const currency = (text: string): Abuse => ({
  about: `the currency ${text}`,
  prices: `[{"currency":${text},"amountMinor":100}]`,
  field: '/0/currency',
});
const eur = (amountMinor: number) => `{"currency":"EUR","amountMinor":${amountMinor}}`;

const abuses: readonly Abuse[] = [
  ...['-1', '1.5', '0.1', '"100"', '1e21', '1e400', '-1e400', '9007199254740993', '1000000000001'].map(amount),
  ...['"NaN"', '"Infinity"', '"-0"', '"1e2"', '" 1"', 'null', 'true', '[]', '{}', '[100]'].map(amount),
  ...['"XXX"', '"eur"', '"EUR "', '"€"', '""', '"__proto__"', '"toString"', 'null', '978'].map(currency),
  { about: 'no amount', prices: '[{"currency":"EUR"}]', field: '/0/amountMinor' },
  { about: 'no currency', prices: '[{"amountMinor":100}]', field: '/0/currency' },
  {
    about: 'a struck-out price that is not higher',
    prices: '[{"currency":"EUR","amountMinor":100,"compareAtMinor":100}]',
    field: '/0/compareAtMinor',
  },
];
/** Not for timed prices: there a currency has many, and there may be none. */
const abusesOfLists: readonly Abuse[] = [
  { about: 'one currency twice', prices: `[${eur(1)},${eur(2)}]`, field: '' },
  { about: 'no price', prices: '[]', field: '' },
];

const withPrices = (body: Readonly<Record<string, unknown>>, prices: string): string =>
  JSON.stringify({ ...body, prices: 'HERE' }).replace('"HERE"', () => prices);
const isJson = { 'content-type': 'application/json', 'if-match': '*' };

async function expectRefused(
  rig: ProductUnderTest,
  [method, path]: readonly [string, string],
  [bytes, pointer]: readonly [string, string],
): Promise<string | undefined> {
  const answer = await rig.service.call(method, path, { ...editor, bytes, headers: isJson });
  const pointers: readonly string[] = (answer.json?.errors ?? []).map((error: { pointer?: string }) => error.pointer);
  const isRefused = answer.json?.code === 'validation-failed' && pointers.includes(pointer);
  return isRefused ? undefined : `${answer.status}, not ${pointer}: ${answer.text.slice(0, 300)}`;
}

const ways: readonly {
  readonly name: string;
  readonly abuses: readonly Abuse[];
  /** Method and path, for the product with this id. */
  readonly request: (id: string) => readonly [string, string];
  readonly body: (prices: string) => string;
}[] = [
  {
    name: 'a new product',
    abuses: [...abuses, ...abusesOfLists],
    request: () => ['POST', products],
    body: (prices) => withPrices(aProduct(), prices),
  },
  {
    name: 'a change of a product',
    abuses: [...abuses, ...abusesOfLists],
    request: (id) => ['PATCH', `${products}/${id}`],
    body: (prices) => withPrices({}, prices),
  },
  {
    name: 'a new variant',
    abuses: [...abuses, ...abusesOfLists],
    request: (id) => ['POST', `${products}/${id}/variants`],
    body: (prices) => withPrices(aVariant(), prices),
  },
  {
    name: 'a timed price',
    abuses,
    request: (id) => ['PUT', `${products}/${id}/variants/${id}/timed-prices`],
    body: (prices) => withPrices({}, prices.replaceAll('}]', ',"validFrom":"2026-01-01T00:00:00Z"}]')),
  },
];

for (const { name, abuses: all, request, body } of ways) {
  test(`${name} has amounts and currencies as they are meant, or is refused with the field named`, async (t) => {
    const rig = await startProduct(t, databases);
    const { id } = (await rig.create()).json;
    const before = await contentsOf(rig);
    for (const { about, prices, field } of all) {
      const fault = await expectRefused(rig, request(id), [body(prices), `#/prices${field}`]);
      t.is(fault, undefined, about);
    }
    t.is(await contentsOf(rig), before, 'nothing is stored');
  });
}

test('rows of an import have amounts and currencies as they are meant, or fail with the field named', async (t) => {
  const rig = await startProduct(t, databases);
  const all = [...abuses, ...abusesOfLists];
  const bytes = all.map(({ prices }) => withPrices(aProduct(), prices)).join('\n');
  const headers = { 'content-type': 'application/x-ndjson' };
  const { id } = (await rig.service.call('POST', '/api/v1/imports', { ...editor, bytes, headers })).json;
  const job = async () => (await rig.service.call('GET', `/api/v1/imports/${id}`, editor)).json;
  await waitFor('the import is done', async () => (await job()).state === 'done', { timeoutMs: 60_000 });
  t.like(await job(), { rowsReceived: all.length, productsCreated: 0, productsFailed: all.length });
  const { items } = (await rig.service.call('GET', `/api/v1/imports/${id}/errors?limit=1000`, editor)).json;
  for (const [index, { about, field }] of all.entries())
    t.true(
      items[index].errors.some(({ pointer }: { pointer?: string }) => pointer === `#/prices${field}`),
      about,
    );
  t.is((await rig.client.query('select from products')).rowCount, 0);
});

test('cells of a CSV have amounts as they are meant, or fail', async (t) => {
  const rig = await startProduct(t, databases);
  const cells = ['EUR -1', 'EUR 1.5', 'EUR 1e21', 'EUR NaN', 'EUR', 'XXX 1', 'EUR 9007199254740993', 'EUR 1; EUR 2'];
  const rows = cells.map((cell, index) => `row-${index},Row,ROW-${index},${cell}`);
  const bytes = ['slug,title,sku,prices', ...rows].join('\n');
  const headers = { 'content-type': 'text/csv' };
  const { id } = (await rig.service.call('POST', '/api/v1/imports', { ...editor, bytes, headers })).json;
  const job = async () => (await rig.service.call('GET', `/api/v1/imports/${id}`, editor)).json;
  await waitFor('the import is done', async () => (await job()).state === 'done', { timeoutMs: 60_000 });
  t.like(await job(), { productsCreated: 0, productsFailed: cells.length });
  const { items } = (await rig.service.call('GET', `/api/v1/imports/${id}/errors`, editor)).json;
  t.deepEqual(
    items.filter(({ errors }: { errors: unknown[] }) => !JSON.stringify(errors).includes('price')),
    [],
  );
});
