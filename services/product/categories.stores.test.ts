import test, { type ExecutionContext } from 'ava';
import pg from 'pg';
import {
  type Answer,
  type CallOptions,
  type ServiceUnderTest,
  startUnderTest,
} from '#chassis/testing/service-under-test.ts';
import { startTestDatabases } from '#chassis/testing/test-database.ts';
import { productService } from './service.ts';
import { aCategory, aProduct } from './testing/factories.ts';

const databases = await startTestDatabases(new URL('./migrations/', import.meta.url));
test.after.always(() => databases.close());

const start = async (t: ExecutionContext): Promise<ServiceUnderTest> =>
  startUnderTest(t, productService, await databases.create());
const path = '/api/v1/categories';
const admin: CallOptions = { roles: ['admin'] };
const any: CallOptions = { ...admin, headers: { 'if-match': '*' } };

async function create(service: ServiceUnderTest, slug: string, parentId: string | null = null): Promise<string> {
  const answer = await service.call('POST', path, { ...admin, body: aCategory({ slug, parentId }) });
  if (answer.status !== 201) throw new Error(answer.text);
  return answer.json.id;
}

interface Listed {
  readonly id: string;
  readonly parentId: string | null;
  readonly slug: string;
}

/** All pages of a list. */
async function readPages(service: ServiceUnderTest, query: string, between?: () => Promise<unknown>) {
  const items: Listed[] = [];
  let cursor = '';
  let pages = 0;
  do {
    const page = await service.call('GET', `${path}?${query}${cursor}`);
    if (page.status !== 200) throw new Error(page.text);
    items.push(...page.json.items);
    cursor = page.json.nextCursor === null ? '' : `&cursor=${page.json.nextCursor}`;
    pages += 1;
    await between?.();
  } while (cursor !== '');
  return { items, pages };
}

/** The tree as a reader of the pages builds it: a child whose parent has not come yet would be a defect. */
async function tree(service: ServiceUnderTest): Promise<unknown> {
  const top: Record<string, unknown> = {};
  const known = new Map<string, Record<string, unknown>>();
  for (const { id, parentId, slug } of (await readPages(service, 'limit=2')).items) {
    const parent = parentId === null ? top : known.get(parentId);
    if (parent === undefined) throw new Error(`${slug} came before its parent`);
    const children = {};
    parent[slug] = children;
    known.set(id, children);
  }
  return top;
}

const move = (service: ServiceUnderTest, id: string, parentId: string | null): Promise<Answer> =>
  service.call('PATCH', `${path}/${id}`, { ...any, body: { parentId } });

test('every category is listed, also in a shop with thousands, and nothing twice while some are added', async (t) => {
  const environment = await databases.create();
  const service = await startUnderTest(t, productService, environment);
  const client = new pg.Client(databases.server.url(environment['APP_POSTGRES_DATABASE'] ?? ''));
  await client.connect();
  t.teardown(() => client.end());
  await client.query(`
    with made as (select n, gen_random_uuid() as id from generate_series(1, 2500) as n),
      placed as (select made.*, parent.id as parent from made left join made parent on made.n > 50 and parent.n = made.n % 50 + 1)
    insert into categories (id, parent_id, slug, name, position, path)
    select id, parent, 'c' || n, 'Name ' || n % 7, n % 3, array_remove(array[parent, id], null) from placed order by n`);
  let added = 0;
  const { items, pages } = await readPages(service, 'limit=100', () => {
    added += 1;
    return create(service, `added-${added}`);
  });
  t.true(pages >= 25, `${pages} pages`);
  const slugs = items.map(({ slug }) => slug);
  t.is(new Set(slugs).size, slugs.length, 'nothing twice');
  t.is(slugs.filter((slug) => slug.startsWith('c')).length, 2500, 'nothing skipped');
  const places = new Map(items.map(({ id }, index) => [id, index]));
  t.true(items.every(({ parentId }, index) => parentId === null || (places.get(parentId) ?? Infinity) < index));
  t.is((await service.call('GET', `${path}?limit=1&count=exact`)).json.totalCount, 2500 + added);
  t.like((await service.call('GET', `${path}/c2500`)).json, { slug: 'c2500' });
  const { rows } = await client.query('explain select id from categories order by list_key, id limit 101');
  t.regex(JSON.stringify(rows), /Index (Only )?Scan using categories__list /);
});

test('a list shows the children of one category or one level, siblings in their order', async (t) => {
  const service = await start(t);
  const a = await create(service, 'a');
  const body = (slug: string, name: string, position: number) => aCategory({ slug, name, position, parentId: a });
  for (const [slug, name, position] of [
    ['third', 'beta', 0],
    ['second', 'Alpha', 0],
    ['first', 'Zed', -5],
    ['last', 'Alpha', 7],
  ] as const) {
    t.is((await service.call('POST', path, { ...admin, body: body(slug, name, position) })).status, 201);
  }
  await create(service, 'deep', (await service.call('GET', `${path}/first`)).json.id);
  await create(service, 'b');
  const slugs = async (query: string) => (await readPages(service, query)).items.map(({ slug }) => slug);
  const children = ['first', 'second', 'third', 'last'];
  t.deepEqual(await slugs('limit=1&parent=a'), children);
  t.deepEqual(await slugs(`limit=3&parent=${a}`), children);
  t.deepEqual(await slugs('parent=nothing'), []);
  t.deepEqual((await slugs('level=1')).toSorted(), ['a', 'b']);
  t.deepEqual(await slugs('level=3&limit=1'), ['deep']);
  t.deepEqual(await slugs('parent=a&level=3'), []);
  t.is((await service.call('GET', `${path}?parent=a&count=exact`)).json.totalCount, 4);

  const { nextCursor } = (await service.call('GET', `${path}?limit=1&parent=a`)).json;
  t.is((await service.call('GET', `${path}?limit=1&parent=b&cursor=${nextCursor}`)).json.code, 'invalid-cursor');
  t.is((await service.call('GET', `${path}?limit=1&parent=a&cursor=${nextCursor}`)).status, 200);
  for (const query of ['limit=101', 'limit=0', 'level=0', 'level=11', 'parent=', 'below=a'])
    t.is((await service.call('GET', `${path}?${query}`)).status, 400, query);
});

test('a moved category takes along what is below it', async (t) => {
  const service = await start(t);
  const [a, b] = [await create(service, 'a'), await create(service, 'b')];
  const a1 = await create(service, 'a1', a);
  const a11 = await create(service, 'a11', a1);
  await service.call('POST', '/api/v1/products', { ...admin, body: aProduct({ categoryId: a11 }) });
  t.deepEqual(await tree(service), { a: { a1: { a11: {} } }, b: {} });
  t.is((await move(service, a1, b)).json.version, 2);
  t.deepEqual(await tree(service), { a: {}, b: { a1: { a11: {} } } });
  t.is((await service.call('GET', '/api/v1/products?category=b')).json.items.length, 1);
  t.is((await service.call('GET', '/api/v1/products?category=a')).json.items.length, 0);
  t.is((await move(service, a1, null)).status, 200);
  t.deepEqual(await tree(service), { a: {}, a1: { a11: {} }, b: {} });
});

test('a category never becomes its own ancestor, also not by two moves at once', async (t) => {
  const service = await start(t);
  const a = await create(service, 'a');
  const a1 = await create(service, 'a1', a);
  t.is((await move(service, a, a1)).json.code, 'category-cycle');
  t.is((await move(service, a, a)).json.code, 'category-cycle');
  const [x, y] = [await create(service, 'x'), await create(service, 'y')];
  const answers = await Promise.all([move(service, x, y), move(service, y, x)]);
  t.deepEqual(answers.map((answer) => answer.status).toSorted(), [200, 422]);
});

test('categories are created below a moving one without losing the way', async (t) => {
  const service = await start(t);
  const [a, b] = [await create(service, 'a'), await create(service, 'b')];
  const children = Array.from({ length: 10 }, (_, index) => create(service, `child-${index}`, a));
  await Promise.all([move(service, a, b), ...children]);
  for (const id of await Promise.all(children)) {
    await service.call('POST', '/api/v1/products', { ...admin, body: aProduct({ categoryId: id }) });
  }
  t.is((await service.call('GET', '/api/v1/products?category=b')).json.items.length, 10);
});

test('the tree has ten levels at most', async (t) => {
  const service = await start(t);
  let parent: string | null = null;
  for (let level = 1; level <= 10; level += 1) parent = await create(service, `level-${level}`, parent);
  const body = aCategory({ parentId: parent });
  t.is((await service.call('POST', path, { ...admin, body })).json.code, 'category-cycle');
});

test('only an empty category can be deleted', async (t) => {
  const service = await start(t);
  const a = await create(service, 'a');
  const a1 = await create(service, 'a1', a);
  const product = await service.call('POST', '/api/v1/products', { ...admin, body: aProduct({ categoryId: a1 }) });
  t.is((await service.call('DELETE', `${path}/${a}`, any)).json.code, 'category-in-use');
  t.is((await service.call('DELETE', `${path}/${a1}`, any)).json.code, 'category-in-use');
  await service.call('DELETE', `/api/v1/products/${product.json.id}`, any);
  t.is((await service.call('DELETE', `${path}/${a1}`, any)).status, 204);
  t.is(
    (await service.call('DELETE', `${path}/${a}`, { ...admin, headers: { 'if-match': '"v7"' } })).json.code,
    'precondition-failed',
  );
  t.is((await service.call('DELETE', `${path}/${a}`, any)).status, 204);
  t.is((await service.call('GET', `${path}/${a}`)).json.code, 'not-found');
});

test('a refused deletion changes nothing, also not what was deleted before', async (t) => {
  const service = await start(t);
  const a = await create(service, 'a');
  const product = await service.call('POST', '/api/v1/products', { ...admin, body: aProduct({ categoryId: a }) });
  const { id } = product.json;
  await service.call('DELETE', `/api/v1/products/${id}`, any);
  const stale = { ...admin, headers: { 'if-match': '"v7"' } };
  t.is((await service.call('DELETE', `${path}/${a}`, stale)).json.code, 'precondition-failed');
  t.is((await service.call('POST', `/api/v1/products/${id}/restore`, admin)).json.categoryId, a);
  await service.call('DELETE', `/api/v1/products/${id}`, any);
  t.is((await service.call('DELETE', `${path}/${a}`, any)).status, 204);
  t.is((await service.call('POST', `/api/v1/products/${id}/restore`, admin)).json.categoryId, null);
});

test('a parent that is not there and a slug that is taken are named', async (t) => {
  const service = await start(t);
  await create(service, 'a');
  const missing = { parentId: '01a20792-7531-7b89-86c5-c73c7e30f850' };
  t.like((await service.call('POST', path, { ...admin, body: aCategory(missing) })).json, {
    code: 'category-unknown',
    errors: [{ pointer: '#/parentId' }],
  });
  t.is((await service.call('POST', path, { ...admin, body: aCategory({ slug: 'a' }) })).json.code, 'slug-taken');
  const body = aProduct({ categoryId: missing.parentId });
  t.is((await service.call('POST', '/api/v1/products', { ...admin, body })).json.code, 'category-unknown');
});
