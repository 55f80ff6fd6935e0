import test, { type ExecutionContext } from 'ava';
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

async function tree(service: ServiceUnderTest): Promise<unknown> {
  interface Node {
    readonly slug: string;
    readonly children: readonly Node[];
  }
  const shape = (nodes: readonly Node[]): unknown =>
    Object.fromEntries(nodes.map((node) => [node.slug, shape(node.children)]));
  return shape((await service.call('GET', path)).json.items);
}

const move = (service: ServiceUnderTest, id: string, parentId: string | null): Promise<Answer> =>
  service.call('PATCH', `${path}/${id}`, { ...any, body: { parentId } });

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
