import { setTimeout as delay } from 'node:timers/promises';
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
const editor: CallOptions = { roles: ['catalog-manager'] };
const path = '/api/v1/products';

async function create(service: ServiceUnderTest, changes: Readonly<Record<string, unknown>> = {}): Promise<Answer> {
  return service.call('POST', path, { ...editor, body: aProduct(changes) });
}

test('a product is created, read by id and slug, changed, deleted and restored', async (t) => {
  const service = await start(t);
  const created = await create(service, { slug: 'mug', attributes: { colour: 'blue', weightGrams: 300, isNew: true } });
  t.is(created.status, 201);
  t.is(created.headers.get('etag'), '"v1"');
  const { id } = created.json;
  t.is(created.headers.get('location'), `${path}/${id}`);
  t.deepEqual((await service.call('GET', `${path}/mug`)).json, created.json);
  t.deepEqual((await service.call('GET', `${path}/${id}`)).json, created.json);

  const patch = {
    title: 'Big mug',
    attributes: { colour: null, handle: 'left' },
    prices: [{ currency: 'JPY', amountMinor: 900, compareAtMinor: 1200 }],
  };
  const changed = await service.call('PATCH', `${path}/${id}`, {
    ...editor,
    body: patch,
    headers: { 'if-match': '"v1"' },
  });
  t.is(changed.status, 200);
  t.like(changed.json, { title: 'Big mug', slug: 'mug', version: 2, prices: patch.prices });
  t.deepEqual(changed.json.attributes, { handle: 'left', isNew: true, weightGrams: 300 });
  t.deepEqual((await service.call('GET', `${path}/mug`)).json, changed.json);

  t.is((await service.call('DELETE', `${path}/${id}`, { ...editor, headers: { 'if-match': '"v2"' } })).status, 204);
  t.is((await service.call('GET', `${path}/mug`, editor)).status, 404);
  const restored = await service.call('POST', `${path}/${id}/restore`, editor);
  t.like(restored.json, { title: 'Big mug', version: 4 });
  t.is((await service.call('POST', `${path}/${id}/restore`, editor)).status, 404);
});

test('a version that the caller has is not sent again', async (t) => {
  const service = await start(t);
  const { id } = (await create(service)).json;
  const read = (tag: string): Promise<Answer> =>
    service.call('GET', `${path}/${id}`, { headers: { 'if-none-match': tag } });
  for (const tag of ['"v1"', 'W/"v1"', '"v0", "v1"', '*']) {
    const answer = await read(tag);
    t.is(answer.status, 304, tag);
    t.is(answer.text, '');
    t.is(answer.headers.get('etag'), '"v1"');
  }
  t.is((await read('"v2"')).status, 200);
});

test('only editors change the catalogue and only staff see drafts', async (t) => {
  const service = await start(t);
  const draft = await create(service, { status: 'draft' });
  const address = `${path}/${draft.json.id}`;
  const body = aProduct();
  t.is((await service.call('POST', path, { body })).json.code, 'authentication-required');
  t.is((await service.call('POST', path, { body, roles: ['customer', 'support'] })).json.code, 'forbidden');
  t.is(
    (await service.call('POST', path, { body, headers: { 'x-internal-identity': 'forged' } })).json.code,
    'invalid-token',
  );
  t.is((await service.call('GET', address)).status, 404);
  t.is((await service.call('GET', address, { roles: ['support'] })).status, 200);
  t.is((await service.call('GET', `${path}?status=draft`)).json.code, 'forbidden');
  t.is((await service.call('GET', `${path}?status=any`, { roles: ['support'] })).json.items.length, 1);
  t.is((await service.call('GET', path)).json.items.length, 0);
});

test('a slug or SKU that is taken is a conflict that names it, and is free again after a deletion', async (t) => {
  const service = await start(t);
  const first = await create(service, { slug: 'mug', sku: 'MUG-1' });
  const bySlug = await create(service, { slug: 'mug' });
  t.like(bySlug.json, { status: 409, code: 'slug-taken', errors: [{ pointer: '#/slug', detail: 'is taken' }] });
  t.is((await create(service, { sku: 'MUG-1' })).json.code, 'sku-taken');
  const other = await create(service);
  const change = { ...editor, headers: { 'if-match': '"v1"' } };
  t.is(
    (await service.call('PATCH', `${path}/${other.json.id}`, { ...change, body: { sku: 'MUG-1' } })).json.code,
    'sku-taken',
  );
  t.is((await service.call('GET', `${path}/${other.json.id}`)).json.version, 1);

  await service.call('DELETE', `${path}/${first.json.id}`, change);
  t.is((await create(service, { slug: 'mug', sku: 'MUG-1' })).status, 201);
  t.is((await service.call('POST', `${path}/${first.json.id}/restore`, editor)).json.code, 'slug-taken');
});

test('what looks like an id is no slug: it could not be found', async (t) => {
  const service = await start(t);
  const slug = '01a20792-7531-7b89-86c5-c73c7e30f850';
  for (const [url, body] of [
    [path, aProduct({ slug })],
    ['/api/v1/categories', aCategory({ slug })],
  ] as const) {
    const answer = await service.call('POST', url, { ...editor, body });
    t.like(answer.json, {
      code: 'validation-failed',
      errors: [{ pointer: '#/slug', detail: 'must not look like an id' }],
    });
  }
});

test('of 20 concurrent changes of one version exactly one is made', async (t) => {
  const service = await start(t);
  const { id } = (await create(service)).json;
  const answers = await Promise.all(
    Array.from({ length: 20 }, (_, index) =>
      service.call('PATCH', `${path}/${id}`, {
        ...editor,
        body: { title: `Title ${index}` },
        headers: { 'if-match': '"v1"' },
      }),
    ),
  );
  const statuses = answers.map((answer) => answer.status).toSorted();
  t.deepEqual(statuses, [200, ...Array.from({ length: 19 }, () => 412)]);
  const winner = answers.find((answer) => answer.status === 200);
  t.deepEqual((await service.call('GET', `${path}/${id}`)).json, winner?.json);
});

test('a change says which version it is for', async (t) => {
  const service = await start(t);
  const { id } = (await create(service)).json;
  const change = (headers: Record<string, string>): Promise<Answer> =>
    service.call('PATCH', `${path}/${id}`, { ...editor, body: { title: 'New' }, headers });
  t.is((await change({})).json.code, 'precondition-required');
  t.like((await change({ 'if-match': '"v9"' })).json, {
    code: 'precondition-failed',
    detail: 'the product has version 1, not 9',
  });
  t.is((await change({ 'if-match': 'W/"v1"' })).json.code, 'precondition-failed');
  t.is((await change({ 'if-match': '*' })).status, 200);
  const nobody = '01a20792-7531-7b89-86c5-c73c7e30f850';
  t.is(
    (await service.call('DELETE', `${path}/${nobody}`, { ...editor, headers: { 'if-match': '*' } })).json.code,
    'not-found',
  );
});

test('lists are filtered and sorted', async (t) => {
  const service = await start(t);
  const category = await service.call('POST', '/api/v1/categories', {
    ...editor,
    body: aCategory({ slug: 'kitchen' }),
  });
  const below = await service.call('POST', '/api/v1/categories', {
    ...editor,
    body: aCategory({ parentId: category.json.id }),
  });
  const usd = (amountMinor: number): unknown => [{ currency: 'USD', amountMinor }];
  await create(service, { title: 'cup', sku: 'A', categoryId: below.json.id, prices: usd(300) });
  await create(service, { title: 'Bowl', sku: 'B', categoryId: category.json.id, prices: usd(100) });
  await create(service, { title: 'apron', sku: 'C', prices: usd(200) });
  await create(service, { title: 'Desk', sku: 'D' });
  const titles = async (query: string): Promise<unknown> => {
    const page = await service.call('GET', `${path}?${query}`);
    t.is(page.status, 200, page.text);
    return page.json.items.map((item: { title: string }) => item.title);
  };
  t.deepEqual(await titles('sort=newest'), ['Desk', 'apron', 'Bowl', 'cup']);
  t.deepEqual(await titles('sort=oldest&limit=2'), ['cup', 'Bowl']);
  t.deepEqual(await titles('sort=title'), ['apron', 'Bowl', 'cup', 'Desk']);
  t.deepEqual(await titles('sort=-title'), ['Desk', 'cup', 'Bowl', 'apron']);
  t.deepEqual(await titles('sort=price&currency=USD'), ['Bowl', 'apron', 'cup']);
  t.deepEqual(await titles('sort=-price&currency=USD&minPrice=150&maxPrice=250'), ['apron']);
  t.deepEqual(await titles('category=kitchen&sort=title'), ['Bowl', 'cup']);
  t.deepEqual(await titles(`category=${below.json.id}`), ['cup']);
  t.deepEqual(await titles('category=nowhere'), []);
  t.deepEqual(await titles('skus=D,B&sort=title'), ['Bowl', 'Desk']);
  t.is((await service.call('GET', `${path}?count=exact&limit=1`)).json.totalCount, 4);
});

test('every filter goes together with every other one and every order', async (t) => {
  const service = await start(t);
  const kitchen = await service.call('POST', '/api/v1/categories', { ...editor, body: aCategory({ slug: 'kitchen' }) });
  const shared = { categoryId: kitchen.json.id, prices: [{ currency: 'USD', amountMinor: 200 }] };
  const made = [await create(service, { ...shared, sku: 'A' }), await create(service, { ...shared, sku: 'B' })];
  await create(service, { ...shared, sku: 'C' });
  const ids = made.map(({ json }) => json.id);
  const filters = `ids=${ids.join(',')}&skus=A,B,C&currency=USD&minPrice=100&maxPrice=300&status=active&count=exact`;
  for (const category of ['kitchen', kitchen.json.id]) {
    for (const sort of ['newest', 'oldest', 'title', '-title', 'price', '-price']) {
      const query = `${path}?${filters}&category=${category}&sort=${sort}&limit=1`;
      const first = await service.call('GET', query);
      t.is(first.json.totalCount, 2, first.text);
      const second = await service.call('GET', `${query}&cursor=${first.json.nextCursor}`);
      const seen = [...first.json.items, ...second.json.items].map(({ id }: { id: string }) => id);
      t.deepEqual(seen.toSorted(), ids.toSorted(), `${sort}: ${second.text}`);
      t.is(second.json.nextCursor, null);
    }
  }
});

test('pages skip and repeat nothing while products are added', async (t) => {
  const service = await start(t);
  const amount = (index: number): unknown => [{ currency: 'EUR', amountMinor: 100 + (index % 3) }];
  for (let index = 0; index < 30; index += 1)
    await create(service, { title: `Title ${index % 4}`, prices: amount(index) });
  const before = (await service.call('GET', `${path}?limit=100`)).json.items.map((item: { id: string }) => item.id);
  for (const sort of ['newest', 'oldest', 'title', '-title', 'price&currency=EUR', '-price&currency=EUR']) {
    const seen: string[] = [];
    let cursor = '';
    do {
      const page = await service.call('GET', `${path}?limit=7&sort=${sort}${cursor}`);
      seen.push(...page.json.items.map((item: { id: string }) => item.id));
      cursor = page.json.nextCursor === null ? '' : `&cursor=${page.json.nextCursor}`;
      await create(service, { title: 'Title 2', prices: amount(1) });
    } while (cursor !== '');
    t.is(new Set(seen).size, seen.length, `${sort}: nothing twice`);
    t.deepEqual(
      before.filter((id: string) => !seen.includes(id)),
      [],
      `${sort}: nothing skipped`,
    );
  }
});

test('a cursor belongs to one list', async (t) => {
  const service = await start(t);
  await create(service);
  await create(service);
  const { nextCursor } = (await service.call('GET', `${path}?limit=1`)).json;
  t.is((await service.call('GET', `${path}?limit=1&cursor=${nextCursor}`)).status, 200);
  t.is((await service.call('GET', `${path}?limit=1&sort=title&cursor=${nextCursor}`)).json.code, 'invalid-cursor');
  t.is((await service.call('GET', `${path}?cursor=abc`)).json.code, 'invalid-cursor');
});

test('a repeated request with an idempotency key creates one product', async (t) => {
  const service = await start(t);
  const body = aProduct();
  const post = (content: unknown, key: string): Promise<Answer> =>
    service.call('POST', path, { ...editor, body: content, headers: { 'idempotency-key': key } });
  const answers = await Promise.all(Array.from({ length: 10 }, () => post(body, 'key-1')));
  const made = answers.filter((answer) => answer.status === 201);
  t.true(made.length >= 1);
  t.is(new Set(made.map((answer) => answer.json.id)).size, 1);
  for (const answer of answers)
    t.true(answer.status === 201 || answer.json.code === 'idempotency-in-progress', answer.text);
  const again = await post(body, 'key-1');
  t.is(again.headers.get('idempotent-replayed'), 'true');
  t.deepEqual([again.status, again.json.id, again.headers.get('etag')], [201, made[0]?.json.id, '"v1"']);
  t.is((await post(aProduct(), 'key-1')).json.code, 'idempotency-key-reused');
  t.is((await service.call('GET', `${path}?limit=100`)).json.items.length, 1);
});

test('a failed request does not use up its idempotency key', async (t) => {
  const service = await start(t);
  await create(service, { slug: 'taken' });
  const headers = { 'idempotency-key': 'key-2' };
  t.is((await service.call('POST', path, { ...editor, headers, body: aProduct({ slug: 'taken' }) })).status, 409);
  t.is((await service.call('POST', path, { ...editor, headers, body: aProduct({ slug: 'free' }) })).status, 201);
});

test('a caller that leaves in the middle of its request may repeat it', async (t) => {
  const environment = await databases.create();
  const service = await startUnderTest(t, productService, environment);
  const holder = new pg.Client(databases.server.url(environment['APP_POSTGRES_DATABASE'] ?? ''));
  await holder.connect();
  t.teardown(() => holder.end());
  await holder.query('begin; lock table products in access exclusive mode');
  const body = aProduct();
  const options = { ...editor, body, headers: { 'idempotency-key': 'key-3' } };
  const caller = new AbortController();
  const cut = service.call('POST', path, { ...options, signal: caller.signal });
  const waiting = `select 1 from pg_locks where not granted and relation = 'products'::regclass`;
  await until(async () => (await holder.query(waiting)).rowCount === 1);
  caller.abort();
  await t.throwsAsync(cut);
  await holder.query('rollback');
  const answers: Answer[] = [];
  await until(async () => {
    answers.push(await service.call('POST', path, options));
    return answers.at(-1)?.json.code !== 'idempotency-in-progress';
  });
  t.is(answers.at(-1)?.status, 201);
  t.is((await service.call('GET', `${path}?limit=100`)).json.items.length, 1);
});

test('reading takes one statement, and a change one more for its events', async (t) => {
  const service = await start(t);
  const count = async (): Promise<number> => {
    const metrics = await (await fetch(`${service.adminUrl}/metrics`)).text();
    const lines = metrics
      .split('\n')
      .filter((line) =>
        /^db_query_duration_seconds_count.*statement="(?!ping|newest|outbox_backlog|timed_prices_due|import_find)/.test(
          line,
        ),
      );
    return lines.reduce((sum, line) => sum + Number(line.split(' ').at(-1)), 0);
  };
  const cost = async (work: () => Promise<unknown>): Promise<number> => {
    const before = await count();
    await work();
    return (await count()) - before;
  };
  const { id } = (await create(service)).json;
  const change = { ...editor, headers: { 'if-match': '*' } };
  t.is(await cost(() => service.call('GET', `${path}/${id}`)), 1);
  t.is(await cost(() => service.call('GET', path)), 1);
  t.is(await cost(() => service.call('GET', `/api/v1/variants?ids=${id}`)), 1);
  t.is(await cost(() => service.call('GET', `${path}/no-such-slug`)), 1);
  t.is(await cost(() => service.call('GET', '/api/v1/categories')), 1);
  t.is(await cost(() => create(service)), 2);
  const retitle = (tag: string) =>
    cost(() =>
      service.call('PATCH', `${path}/${id}`, { ...editor, headers: { 'if-match': tag }, body: { title: tag } }),
    );
  t.is(await retitle('"v1"'), 2);
  // Whoever takes any version locks the product first.
  t.is(await retitle('*'), 3);
  t.is(await cost(() => service.call('DELETE', `${path}/${id}`, change)), 2);
});

/** Asks a few times a second: neither a lock nor a request that was left has an event for the test. */
async function until(condition: () => Promise<boolean>): Promise<void> {
  const end = performance.now() + 10_000;
  while (!(await condition())) {
    if (performance.now() > end) throw new Error('the condition did not come true within 10 s');
    await delay(50);
  }
}

test('caches may keep what customers see for half a minute, and nothing that staff see', async (t) => {
  const service = await start(t);
  const { id, slug } = (await create(service)).json;
  await service.call('PATCH', `${path}/${id}`, { ...editor, body: { slug: 'renamed' }, headers: { 'if-match': '*' } });
  const reads = [
    [200, `${path}/${id}`],
    [304, `${path}/${id}`],
    [301, `${path}/${slug}`],
    [200, path],
    [200, `/api/v1/variants?ids=${id}`],
    [200, '/api/v1/categories'],
  ] as const;
  for (const [status, url] of reads) {
    const headers = status === 304 ? { 'if-none-match': '"v2"' } : {};
    const headersFor = async (caller: CallOptions): Promise<readonly unknown[]> => {
      const answer = await service.call('GET', url, { ...caller, headers });
      return [answer.status, answer.headers.get('cache-control'), answer.headers.get('vary')];
    };
    const shared = [status, 'public, max-age=30, stale-while-revalidate=60', 'authorization'];
    for (const caller of [{}, { roles: ['customer'] as const }]) t.deepEqual(await headersFor(caller), shared, url);
    const own = [status, 'private, no-cache', 'authorization'];
    for (const role of ['admin', 'catalog-manager', 'support', 'service'] as const)
      t.deepEqual(await headersFor({ roles: [role] }), own, `${url} as ${role}`);
  }
  for (const refused of ['/nothing-here', '?status=draft']) {
    const answer = await service.call('GET', `${path}${refused}`);
    t.notRegex(answer.headers.get('cache-control') ?? '', /public|max-age=[1-9]/, refused);
  }
});

test('a page has at most 100 entries, and at most 100 are named', async (t) => {
  const service = await start(t);
  const id = (await create(service)).json.id;
  const many = (count: number, entry: string): string => Array.from({ length: count }, () => entry).join(',');
  const lists = { ids: id, variantIds: id, skus: 'SKU' };
  const urls = (count: number): readonly string[] => [
    `${path}?limit=${count}`,
    ...Object.entries(lists).map(([name, entry]) => `${path}?${name}=${many(count, entry)}`),
    `/api/v1/variants?ids=${many(count, id)}`,
  ];
  for (const url of urls(100)) t.is((await service.call('GET', url)).status, 200, url.slice(0, 60));
  for (const url of urls(101)) {
    const refused = (await service.call('GET', url)).json;
    t.like(refused, { status: 400, code: 'invalid-parameter' }, url.slice(0, 60));
    t.true(url.includes(`?${refused.errors[0].parameter}=`));
  }
});
