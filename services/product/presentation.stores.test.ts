import { Buffer } from 'node:buffer';
import test from 'ava';
import { loadSettings } from '#chassis/config/settings.ts';
import { mintInternalIdentity } from '#chassis/identity/internal-identity.ts';
import { silentLogger } from '#chassis/logger.ts';
import { buildService } from '#chassis/running-service.ts';
import { testInternalKey } from '#chassis/testing/service-under-test.ts';
import { productService } from './service.ts';
import { tellAvailability } from './store/availability.ts';
import { purgeUnusedFiles } from './store/media.ts';
import { readProduct } from './store/read-products.ts';
import { aProduct, aShirt } from './testing/factories.ts';
import { editor, type ProductUnderTest, products, startDatabases, startProduct } from './testing/product-under-test.ts';

const databases = await startDatabases();
test.after.always(() => databases.close());

const openDeps = (t: { teardown(work: () => Promise<void>): void }, { environment }: ProductUnderTest) => {
  const settings = loadSettings(productService.settings, { ...environment, APP_INTERNAL_KEY: testInternalKey });
  const { deps, close } = buildService(productService, settings, silentLogger);
  t.teardown(close);
  return deps;
};

test('slugs that a product had lead to the present one, until somebody else has them', async (t) => {
  const rig = await startProduct(t, databases);
  const { json: mug } = await rig.create({ slug: 'mug' });
  const get = (slug: string) => rig.service.call('GET', `${products}/${slug}`);
  const rename = (slug: string) => rig.edit('PATCH', `${products}/${mug.id}`, { slug });
  await rename('cup');
  await rename('beaker');
  for (const old of ['mug', 'cup']) {
    const moved = await get(old);
    t.deepEqual([moved.status, moved.text, moved.headers.get('location')], [301, '', `${products}/beaker`]);
  }
  t.is(((await (await fetch(`${rig.service.url}${products}/mug`)).json()) as { slug: string }).slug, 'beaker');
  t.is((await rename('mug')).status, 200, 'back again');
  t.is((await get('mug')).status, 200);
  t.is((await get('beaker')).headers.get('location'), `${products}/mug`);
  const { json: other } = await rig.create({ slug: 'cup' });
  t.is((await get('cup')).json.id, other.id);
  await rig.edit('PATCH', `${products}/${other.id}`, { slug: 'bowl' });
  t.is((await get('cup')).headers.get('location'), `${products}/bowl`, 'the last one who had it');
  await rig.edit('PATCH', `${products}/${mug.id}`, { status: 'draft' });
  t.is((await get('beaker')).status, 404, 'not even that there is one');
  t.is((await rig.service.call('GET', `${products}/beaker`, editor)).status, 301);
  await rig.edit('DELETE', `${products}/${other.id}`);
  t.is((await get('cup')).status, 404);
});

test('of many that take one slug at once, one has it, by creation or by renaming', async (t) => {
  const rig = await startProduct(t, databases);
  const made = await Promise.all(Array.from({ length: 6 }, () => rig.create()));
  const answers = await Promise.all([
    ...made.map(({ json }) => rig.edit('PATCH', `${products}/${json.id}`, { slug: 'one' })),
    ...Array.from({ length: 6 }, () => rig.create({ slug: 'one' })),
  ]);
  const winners = answers.filter(({ status }) => status < 300);
  t.is(winners.length, 1);
  t.true(answers.every(({ status, json }) => status < 300 || json.code === 'slug-taken'));
  t.is((await rig.service.call('GET', `${products}/one`)).json.id, winners[0]?.json.id);
});

test('two that exchange names never lead to each other', async (t) => {
  const rig = await startProduct(t, databases);
  const [a, b] = [(await rig.create({ slug: 'a' })).json, (await rig.create({ slug: 'b' })).json];
  await rig.edit('PATCH', `${products}/${a.id}`, { slug: 'c' });
  await rig.edit('PATCH', `${products}/${b.id}`, { slug: 'a' });
  await rig.edit('PATCH', `${products}/${a.id}`, { slug: 'b' });
  t.is((await rig.service.call('GET', `${products}/a`)).json.id, b.id);
  t.is((await rig.service.call('GET', `${products}/b`)).json.id, a.id);
  t.is((await rig.service.call('GET', `${products}/c`)).headers.get('location'), `${products}/b`);
});

const png = Buffer.from('89504e470d0a1a0a0000000d4948445200000001', 'hex');
const upload = ({ service }: ProductUnderTest, bytes: Buffer<ArrayBuffer>, type: string) =>
  service.call('POST', '/api/v1/media', { ...editor, bytes, headers: { 'content-type': type } });

test('pictures are uploaded, ordered, described and served', async (t) => {
  const rig = await startProduct(t, databases);
  const file = await upload(rig, png, 'image/png');
  t.is(file.status, 201, file.text);
  t.is(file.headers.get('location'), file.json.url);
  const { json: product } = await rig.create();
  const far = { url: 'https://cdn.example.com/back.webp', alt: '' };
  const near = { fileId: file.json.id, alt: 'From the front' };
  const put = await rig.edit('PUT', `${products}/${product.id}/media`, { media: [near, far] }, '"v1"');
  t.deepEqual(put.json.media, [{ url: file.json.url, alt: 'From the front' }, far]);
  const turned = await rig.edit('PUT', `${products}/${product.id}/media`, { media: [far, near] }, '"v2"');
  t.deepEqual(turned.json.media, [...put.json.media].reverse());
  const served = await fetch(`${rig.service.url}${file.json.url}`);
  t.deepEqual(Buffer.from(await served.arrayBuffer()), png);
  t.is(served.headers.get('content-type'), 'image/png');
  t.regex(served.headers.get('cache-control') ?? '', /immutable/);
  t.is(served.headers.get('x-content-type-options'), 'nosniff');
  const head = await rig.service.call('HEAD', file.json.url);
  t.deepEqual([head.status, head.headers.get('content-length')], [200, String(png.length)]);
  const last = (await rig.events()).at(-1)?.data['product'];
  t.like(last, { media: turned.json.media });
});

test('what is no picture, not the one it says, or too large is refused; so is one that nobody uploaded', async (t) => {
  const rig = await startProduct(t, databases);
  const html = Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"><script>1</script></svg>');
  for (const type of ['image/png', 'image/svg+xml', 'text/html', 'application/json'])
    t.is((await upload(rig, html, type)).json.code, 'unsupported-media-type', type);
  t.is((await upload(rig, png, 'image/jpeg')).json.code, 'unsupported-media-type');
  t.is((await upload(rig, Buffer.alloc(0), 'image/png')).json.code, 'unsupported-media-type');
  const large = Buffer.concat([png, Buffer.alloc(1_048_576)]);
  t.is((await upload(rig, large, 'image/png')).json.code, 'payload-too-large');
  const identity = mintInternalIdentity({ subject: 'editor', roles: ['admin'] }, [testInternalKey], Date.now());
  const headers = { 'content-type': 'image/png', 'x-internal-identity': identity };
  // In pieces, without a length: the limit holds as well.
  const body = ReadableStream.from(Array.from({ length: 20 }, () => new Uint8Array(100_000)));
  const refused = await fetch(`${rig.service.url}/api/v1/media`, { method: 'POST', headers, body, duplex: 'half' });
  t.is(refused.status, 413);
  const { json: product } = await rig.create();
  const path = `${products}/${product.id}/media`;
  const unknown = { fileId: product.id, alt: '' };
  t.like((await rig.edit('PUT', path, { media: [unknown] })).json, {
    code: 'validation-failed',
    errors: [{ pointer: '#/media' }],
  });
  for (const url of ['http://plain.example.com/a.png', 'javascript:alert(1)', '/a.png', 'data:image/png;base64,AA'])
    t.is((await rig.edit('PUT', path, { media: [{ url, alt: '' }] })).json.code, 'validation-failed', url);
  t.is((await rig.service.call('GET', `/api/v1/media/${product.id}`)).json.code, 'not-found');
  t.is((await rig.client.query('select from media_files')).rowCount, 0);
});

test('an upload that no product shows is forgotten after a day, and no other one', async (t) => {
  const rig = await startProduct(t, databases);
  const files = [
    await upload(rig, png, 'image/png'),
    await upload(rig, png, 'image/png'),
    await upload(rig, png, 'image/png'),
  ];
  const [shown, old, young] = files.map(({ json }) => json.id);
  const { json: product } = await rig.create();
  await rig.edit('PUT', `${products}/${product.id}/media`, { media: [{ fileId: shown, alt: '' }] });
  await rig.client.query(`update media_files set created_at = now() - interval '25 hours' where id = any($1)`, [
    [shown, old],
  ]);
  const { database } = openDeps(t, rig);
  t.is(await purgeUnusedFiles(database.primary, 100), 1);
  const { rows } = await rig.client.query('select id from media_files order by id');
  t.deepEqual(rows.map(({ id }) => id).toSorted(), [shown, young].toSorted());
});

test('availability is shown as the inventory tells it, with another ETag but the same version', async (t) => {
  const rig = await startProduct(t, databases);
  const { database } = openDeps(t, rig);
  const shirt = (await rig.service.call('POST', products, { ...editor, body: aShirt() })).json;
  const sku: string = shirt.variants[1].sku;
  const tell = (state: 'in-stock' | 'out-of-stock', version: number) =>
    database.transaction((transaction) => tellAvailability(transaction, [{ sku, state, version }]));
  await tell('out-of-stock', 10);
  const read = (tag = '') => rig.service.call('GET', `${products}/${shirt.id}`, { headers: { 'if-none-match': tag } });
  const sold = await read('"v1"');
  t.is(sold.status, 200, 'who knows the former state is told');
  const states = sold.json.variants.map(({ availability }: { availability: string }) => availability);
  t.deepEqual(states, ['unknown', 'out-of-stock', 'unknown', 'unknown']);
  t.is(sold.json.version, 1);
  const tag = sold.headers.get('etag') ?? '';
  t.not(tag, '"v1"');
  t.is((await read(tag)).status, 304);
  await tell('in-stock', 9);
  await tell('out-of-stock', 14);
  await tell('in-stock', 12);
  t.is((await read(tag)).status, 304, 'older news, and the same news, change nothing');
  t.is((await rig.edit('PATCH', `${products}/${shirt.id}`, { title: 'Other' }, tag)).status, 200);
  await tell('in-stock', 15);
  t.is((await read()).json.variants[1].availability, 'in-stock');
  t.false(JSON.stringify(await rig.events()).includes('availability'), 'events leave it to the inventory');
  await database.transaction((transaction) =>
    tellAvailability(transaction, [{ sku: 'LATER', state: 'in-stock', version: 1 }]),
  );
  const later = await rig.service.call('POST', products, { ...editor, body: aProduct({ sku: 'LATER' }) });
  t.is(later.json.variants[0].availability, 'in-stock', 'known before the variant');
});

test('for a version that the caller has the database builds no JSON', async (t) => {
  const rig = await startProduct(t, databases);
  const { database } = openDeps(t, rig);
  const { id, slug } = (await rig.create()).json;
  for (const key of [{ id }, { slug }]) {
    const read = async (known?: { version: number; revision: number }) =>
      (await readProduct(database.primary, key, { known, withUnpublished: false }))?.json;
    t.is(await read({ version: 1, revision: 0 }), null);
    for (const other of [undefined, { version: 2, revision: 0 }, { version: 1, revision: 1 }])
      t.is(typeof (await read(other)), 'string', JSON.stringify(other));
  }
});
