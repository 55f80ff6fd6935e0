import test, { type ExecutionContext } from 'ava';
import { mintInternalIdentity } from '#chassis/identity/internal-identity.ts';
import { type Answer, testInternalKey } from '#chassis/testing/service-under-test.ts';
import { waitFor } from '#lab/control-plane/wait.ts';
import { aCategory, aProduct, aShirt, aVariant } from './testing/factories.ts';
import { editor, type ProductUnderTest, products, startDatabases, startProduct } from './testing/product-under-test.ts';

const databases = await startDatabases();
test.after.always(() => databases.close());

const path = '/api/v1/imports';
const ndjson = 'application/x-ndjson';
const patient = { timeoutMs: 60_000 };
const nobody = '01a20792-7531-7b89-86c5-c73c7e30f850';

const toLines = (rows: readonly unknown[]): string => rows.map((row) => `${JSON.stringify(row)}\n`).join('');

function send({ service }: ProductUnderTest, bytes: string, query = '', type = ndjson): Promise<Answer> {
  return service.call('POST', `${path}${query}`, { ...editor, bytes, headers: { 'content-type': type } });
}

async function finished({ service }: ProductUnderTest, id: string) {
  const read = async () => (await service.call('GET', `${path}/${id}`, editor)).json;
  await waitFor('the import is done', async () => (await read()).state === 'done', patient);
  return read();
}

/** Sends a whole file and waits for the end of the work. */
async function importAll(
  t: ExecutionContext,
  rig: ProductUnderTest,
  bytes: string,
  { query = '', type = ndjson } = {},
) {
  const sent = await send(rig, bytes, query, type);
  t.is(sent.status, 202, sent.text);
  t.is(sent.headers.get('location'), `${path}/${sent.json.id}`);
  const job = await finished(rig, sent.json.id);
  const errors = (await rig.service.call('GET', `${path}/${job.id}/errors`, editor)).json.items;
  return { job, errors };
}

/** Products that came in one batch have no order among them. */
const sorted = (text: string): readonly string[] => text.split('\n').toSorted();

const count = async ({ service }: ProductUnderTest) =>
  (await service.call('GET', `${products}?count=exact&limit=1&status=any`, editor)).json.totalCount;

test('rows become products with their events; rows that fail are named and hold up nobody', async (t) => {
  const rig = await startProduct(t, databases);
  await rig.create({ slug: 'owner', sku: 'TAKEN' });
  const before = (await rig.events()).length;
  const good = [aProduct({ slug: 'one' }), aShirt({ slug: 'two' })];
  const bad = [
    'nonsense',
    JSON.stringify(aProduct({ slug: 'NOT A SLUG' })),
    JSON.stringify(aProduct({ categoryId: nobody })),
    JSON.stringify(aProduct({ sku: 'TAKEN' })),
    JSON.stringify(aShirt({ options: ['colour'] })),
  ];
  const { job, errors } = await importAll(
    t,
    rig,
    `${toLines(good)}${bad.join('\n')}\n${toLines([aProduct({ slug: 'three' })])}`,
  );
  t.like(job, { isDryRun: false, rowsReceived: 8, productsCreated: 3, productsUpdated: 0, productsFailed: 5 });
  const faults = errors.map(({ row, errors: [first] }: { row: number; errors: { pointer?: string }[] }) => [
    row,
    first?.pointer,
  ]);
  t.deepEqual(faults, [
    [3, undefined],
    [4, '#/slug'],
    [5, '#/categoryId'],
    [6, '#/sku'],
    [7, '#/variants/0/options'],
  ]);
  for (const slug of ['one', 'two', 'three']) t.is((await rig.service.call('GET', `${products}/${slug}`)).status, 200);
  t.is((await rig.events()).length, before + 3);
  const paged = await rig.service.call('GET', `${path}/${job.id}/errors?limit=2&after=3`, editor);
  t.deepEqual([paged.json.items.map(({ row }: { row: number }) => row), paged.json.nextAfter], [[4, 5], 5]);
});

test('a row whose slug is there changes that product: what it names, and its variants by their SKU', async (t) => {
  const rig = await startProduct(t, databases);
  const shirt = (
    await rig.service.call('POST', products, { ...editor, body: aShirt({ slug: 'shirt', description: 'stays' }) })
  ).json;
  const [kept] = shirt.variants;
  const row = {
    slug: 'shirt',
    title: 'Shirt',
    options: ['colour', 'size'],
    variants: [
      aVariant({ colour: 'x', size: 'y' }),
      { sku: kept.sku, options: kept.options, prices: [{ currency: 'EUR', amountMinor: 1 }] },
    ],
  };
  const again = { ...row, title: 'Shirt again' };
  const { job } = await importAll(t, rig, toLines([row, again]));
  t.like(job, { productsCreated: 0, productsUpdated: 2, productsFailed: 0 });
  const { json: after } = await rig.service.call('GET', `${products}/shirt`);
  t.like(after, { id: shirt.id, title: 'Shirt again', description: 'stays', status: 'active' });
  t.like(after.variants, [{ sku: row.variants[0]?.['sku'] }, { id: kept.id, prices: [{ amountMinor: 1 }] }]);
  const types = (await rig.events()).slice(1).map(({ type }) => type.split('.')[2]);
  t.deepEqual(types, ['updated', 'price-changed', 'updated']);
});

test('two rows of a file with one slug are a product and its change, in the order of the file', async (t) => {
  const rig = await startProduct(t, databases);
  const rows = [
    aProduct({ slug: 'twice', title: 'First', sku: 'T' }),
    aProduct({ slug: 'twice', title: 'Second', sku: 'T' }),
  ];
  const { job } = await importAll(t, rig, toLines(rows));
  t.like(job, { productsCreated: 1, productsUpdated: 1 });
  t.is((await rig.service.call('GET', `${products}/twice`)).json.title, 'Second');
});

test('a dry run tells what would happen, and changes and announces nothing', async (t) => {
  const rig = await startProduct(t, databases);
  await rig.create({ slug: 'there', title: 'Old' });
  const rows = [aProduct(), aProduct({ slug: 'there', title: 'New' }), aProduct({ categoryId: nobody })];
  const { job, errors } = await importAll(t, rig, toLines(rows), { query: '?dryRun=true' });
  t.like(job, { isDryRun: true, productsCreated: 1, productsUpdated: 1, productsFailed: 1 });
  t.is(errors.length, 1);
  t.is(await count(rig), 1);
  t.is((await rig.service.call('GET', `${products}/there`)).json.title, 'Old');
  t.is((await rig.events()).length, 1);
});

test('CSV makes the same products, and an export comes back as what it was, in both forms', async (t) => {
  const rig = await startProduct(t, databases);
  const other = await startProduct(t, databases);
  const body = aCategory();
  const category = (await rig.service.call('POST', '/api/v1/categories', { ...editor, body })).json;
  const columns = 'id, parent_id, slug, name, position, path';
  const { rows: copied } = await rig.client.query(
    `select ${columns.replace('path', 'path::text[] as path')} from categories`,
  );
  await other.client.query(
    `insert into categories (${columns}) values ($1, $2, $3, $4, $5, $6)`,
    Object.values(copied[0]),
  );
  const csv = [
    'slug,title,status,categoryId,attributes,sku,options,barcode,weightGrams,prices',
    `mug,"Mug, ""big""",active,${category.id},"{""material"":""clay""}",MUG,,400,350,EUR 1999 2499; JPY 3200`,
    'tee,Tee,active,,,TEE-S,"{""size"":""S""}",,,EUR 1000',
    'tee,,,,,TEE-M,"{""size"":""M""}",,,EUR 1100',
  ].join('\r\n');
  const { job, errors } = await importAll(t, rig, csv, { type: 'text/csv' });
  t.deepEqual(errors, []);
  t.like(job, { rowsReceived: 3, productsCreated: 2 });
  const { json: mug } = await rig.service.call('GET', `${products}/mug`);
  t.like(mug, { title: 'Mug, "big"', categoryId: category.id, attributes: { material: 'clay' }, sku: 'MUG' });
  t.like(mug.prices, [
    { currency: 'EUR', amountMinor: 1999, compareAtMinor: 2499 },
    { currency: 'JPY', amountMinor: 3200 },
  ]);
  t.is((await rig.service.call('GET', `${products}/tee`)).json.variants.length, 2);
  const until = { prices: [{ currency: 'EUR', amountMinor: 1, validFrom: '2020-01-01T00:00:00Z' }] };
  await rig.edit('PUT', `${products}/${mug.id}/variants/${mug.id}/timed-prices`, until);

  const read = ({ service }: ProductUnderTest, format: string) =>
    service.call('GET', `/api/v1/exports?format=${format}`, editor);
  const exported = await read(rig, 'ndjson');
  t.is(exported.headers.get('content-type'), ndjson);
  t.false(exported.text.includes('"amountMinor" : 1,'), 'regular prices');
  await importAll(t, other, exported.text);
  t.deepEqual(sorted((await read(other, 'ndjson')).text), sorted(exported.text));
  const table = (await read(rig, 'csv')).text;
  const third = await startProduct(t, databases);
  await third.client.query(
    `insert into categories (${columns}) values ($1, $2, $3, $4, $5, $6)`,
    Object.values(copied[0]),
  );
  await importAll(t, third, table, { type: 'text/csv' });
  t.deepEqual(sorted((await read(third, 'csv')).text), sorted(table));
  t.is((await rig.service.call('GET', '/api/v1/exports')).status, 401);
});

test('an upload goes on where it broke off, and rows that come twice count once', async (t) => {
  const rig = await startProduct(t, databases);
  const rows = Array.from({ length: 1200 }, (_, index) => aProduct({ slug: `row-${index}` }));
  const job = '01a20792-7531-7b89-86c5-000000000001';
  const first = await send(rig, toLines(rows.slice(0, 700)), `?job=${job}&more=true`);
  t.like(first.json, { id: job, state: 'receiving', rowsReceived: 700, productsCreated: 0 });
  t.like((await send(rig, toLines(rows.slice(900)), `?job=${job}&firstRow=901`)).json, {
    code: 'import-out-of-step',
    detail: 'the job has 700 rows; send row 701',
  });
  t.is((await send(rig, '', `?job=${job}&dryRun=true`)).json.code, 'import-out-of-step');
  const rest = await send(rig, toLines(rows.slice(600)), `?job=${job}&firstRow=601`);
  t.like(rest.json, { rowsReceived: 1200 });
  t.like(await finished(rig, job), { productsCreated: 1200, productsUpdated: 0, productsFailed: 0 });
  t.is((await send(rig, toLines(rows), `?job=${job}`)).json.code, 'import-out-of-step', 'it has all its rows');
  t.is(await count(rig), 1200);
});

test('a caller that leaves in the middle leaves what came before, complete rows only', async (t) => {
  const rig = await startProduct(t, databases);
  const job = '01a20792-7531-7b89-86c5-000000000002';
  const lines = Array.from({ length: 600 }, () => JSON.stringify(aProduct()));
  const caller = new AbortController();
  const body = new ReadableStream({
    start: (controller) => controller.enqueue(new TextEncoder().encode(lines.join('\n').slice(0, -5))),
  });
  const identity = mintInternalIdentity({ subject: 'editor', roles: ['admin'] }, [testInternalKey], Date.now());
  const headers = { 'content-type': ndjson, 'x-internal-identity': identity };
  const cut = fetch(`${rig.service.url}${path}?job=${job}`, {
    method: 'POST',
    headers,
    body,
    duplex: 'half',
    signal: caller.signal,
  });
  const received = async () => (await rig.service.call('GET', `${path}/${job}`, editor)).json?.rowsReceived;
  await waitFor('a batch is kept', async () => (await received()) === 500, patient);
  caller.abort();
  await t.throwsAsync(cut);
  const rest = await send(rig, lines.slice(500).join('\n'), `?job=${job}&firstRow=501`);
  t.is(rest.status, 202, rest.text);
  t.like(await finished(rig, job), { rowsReceived: 600, productsCreated: 600, productsFailed: 0 });
});

test('rows that try to break something fail one by one, whatever they hold', async (t) => {
  const rig = await startProduct(t, databases);
  const awkward = [
    null,
    true,
    -1,
    1.5,
    1e308,
    '',
    '\0',
    '\ud800',
    '{}',
    '\u202e',
    [],
    {},
    [[]],
    [null],
    { a: { b: [] } },
  ];
  const texts = ["'; drop table products; --", '__proto__', '\\', '"', 'NaN', 'x'.repeat(20_000)];
  const values = [...awkward, ...texts];
  const names = Object.keys({ ...aProduct(), ...aShirt(), description: '', attributes: {}, categoryId: null });
  const rows = names.flatMap((name) => values.map((value) => ({ ...aProduct(), [name]: value })));
  const lines = [
    ...rows.map((row) => JSON.stringify(row)),
    '{"__proto__":{}}',
    '{',
    '\ufffe',
    JSON.stringify(aProduct({ slug: 'last' })),
  ];
  const { job } = await importAll(t, rig, lines.join('\n'));
  t.is(job.rowsReceived, lines.length);
  t.is(job.productsCreated + job.productsUpdated + job.productsFailed, lines.length);
  t.true(job.productsFailed > lines.length / 2);
  t.is((await rig.service.call('GET', `${products}/last`)).status, 200);
  t.is(await count(rig), job.productsCreated);
});

test('what is no import is refused, and leaves no job that would begin', async (t) => {
  const rig = await startProduct(t, databases);
  t.is((await send(rig, '{}', '', 'application/json')).json.code, 'unsupported-media-type');
  t.is((await send(rig, '{}', '', 'text/plain')).json.code, 'unsupported-media-type');
  t.is((await send(rig, 'a,b\n', '', 'text/csv')).json.code, 'malformed-request');
  t.is((await send(rig, '\xff', '?firstRow=0')).json.code, 'invalid-parameter');
  t.is((await rig.service.call('POST', path, { bytes: '', headers: { 'content-type': ndjson } })).status, 401);
  t.is((await rig.service.call('GET', `${path}/${nobody}`, editor)).json.code, 'not-found');
  t.is((await rig.service.call('GET', `${path}/${nobody}/errors`, editor)).json.code, 'not-found');
  const { job } = await importAll(t, rig, '\n\n');
  t.like(job, { rowsReceived: 0, productsCreated: 0 });
  const { rows } = await rig.client.query(`select from import_jobs where state in ('queued', 'running')`);
  t.is(rows.length, 0);
});
