import test from 'ava';
import { describeApi } from '#chassis/http/openapi.ts';
import { type DescribedOperation, readApiDescription } from '#chassis/testing/api-description.ts';
import { callAsDescribed } from '#chassis/testing/described-calls.ts';
import { findFaultOfAnswer, type HostileRequest, hostileRequests } from '#chassis/testing/hostile-input.ts';
import { type CallOptions, type ServiceUnderTest, startUnderTest } from '#chassis/testing/service-under-test.ts';
import { type Role, roles } from '#contracts/identity.ts';
import { waitFor } from '#lab/control-plane/wait.ts';
import { productService } from '../product/service.ts';
import { searchService } from './service.ts';
import { startGate } from './testing/gate.ts';
import { aProductState, type SearchUnderTest, startSearch, startSearchStores } from './testing/search-under-test.ts';

const stores = await startSearchStores();
test.after.always(() => stores.close());

const api = readApiDescription(
  describeApi({ title: 'Search', description: '', version: 'test' }, searchService.routes),
);
const admin: CallOptions = { roles: ['admin'] };
const any = { ...admin, headers: { 'if-match': '*' } };
const rules = { rules: [{ terms: ['sofa', 'couch'] }] };

const isRebuilt = async (search: ServiceUnderTest) =>
  (await search.call('GET', '/api/v1/search/rebuild', admin)).json.status !== 'running';
const untilRebuilt = (search: ServiceUnderTest) =>
  waitFor('the rebuild is over', () => isRebuilt(search), { timeoutMs: 60_000 });

test.serial('every operation answers as the served description says, in success and refusal', async (t) => {
  const product = await startUnderTest(t, productService, await stores.databases.create());
  const gate = await startGate(t, () => product.url);
  const { search, index } = await startSearch(t, stores, { search: { APP_UPSTREAM_PRODUCT: gate.url } });
  const described = await callAsDescribed(t, search);
  const call = (id: string, options: CallOptions = {}, query = '') => described.call(id, { query }, options);
  await index(
    ...Array.from({ length: 3 }, () =>
      aProductState({ title: 'Lamp', attributes: { colour: 'red', height: 1.5, isNew: true } }),
    ),
  );
  const facets = 'facets=category,price,availability,attributes.colour&currency=EUR';
  const page = await call('searchProducts', {}, `?q=lamp&${facets}&limit=2`);
  await call('searchProducts', {}, `?q=lamp&currency=EUR&limit=2&cursor=${page.json.nextCursor}`);
  await call('searchProducts', {}, '?cursor=abc');
  await call('searchProducts', {}, '?limit=0');
  await call('suggestProducts', {}, '?q=la');
  await call('suggestProducts', {});
  await call('getSynonyms', admin);
  await call('getSynonyms', { roles: ['customer'] });
  await call('replaceSynonyms', { ...any, body: rules });
  await call('replaceSynonyms', { ...admin, body: rules });
  await call('replaceSynonyms', { ...any, body: { rules: [{ terms: ['one'] }] } });
  await call('replaceSynonyms', { ...admin, headers: { 'if-match': '"v999"' }, body: rules });
  await call('getSearchStatus', admin);
  await call('getRebuild', admin);
  await call('cancelRebuild', admin);
  // The product service has none of the three.
  await call('startRebuild', admin);
  gate.holdAfter(0);
  await call('startRebuild', admin, '?force=true');
  await call('startRebuild', admin, '?force=true');
  await call('cancelRebuild', admin);
  gate.release();
  await call('startRebuild', admin, '?force=true');
  await untilRebuilt(search);
  await call('getRebuild', admin);
  await call('getSearchStatus', admin);
  await call('startRebuild');
  await call('rollBackRebuild', admin);
  await call('rollBackRebuild', admin);
  described.assertAllWork();
});

/** Everything that the service keeps but the progress of a rebuild. */
async function contents({ client, names }: SearchUnderTest): Promise<string> {
  const path = `/${names.read},${names.state},${names.stock}/_search?ignore_unavailable=true`;
  await client.send({ operation: 'test', method: 'POST', path: `/${names.state}/_refresh`, isSafe: true });
  const answer = await client.send<{
    readonly hits: { readonly hits: readonly { readonly _id: string; readonly _source: unknown }[] };
  }>({ operation: 'test', method: 'POST', path, body: { size: 1000 }, isSafe: true });
  const kept = answer.hits.hits.filter(({ _id }) => _id !== 'rebuild').map(({ _id, _source }) => ({ _id, _source }));
  return JSON.stringify(kept.toSorted((a, b) => (a._id < b._id ? -1 : 1)));
}

async function send(search: ServiceUnderTest, request: HostileRequest): Promise<string | undefined> {
  const { operation, url, body } = request;
  const content = body === undefined ? {} : { body };
  const answer = await search.call(operation.method.toUpperCase(), url, { ...any, ...content });
  return findFaultOfAnswer(request, answer);
}

const bodyOf = (operation: DescribedOperation) => (operation.bodySchema === undefined ? undefined : rules);

for (const operation of api.operations) {
  test.serial(`hostile input to ${operation.id} is refused and stores nothing`, async (t) => {
    t.timeout(240_000);
    const shop = await startSearch(t, stores);
    await shop.index(aProductState());
    const isLearned = async () => (await contents(shop)).includes('"categories"');
    await waitFor('the categories are kept', isLearned, { timeoutMs: 60_000 });
    const before = await contents(shop);
    const all = hostileRequests(api, operation, { body: bodyOf(operation), params: {} });
    const forbidden = all.filter((request) => !request.isPerhapsValid);
    const faults: (string | undefined)[] = [];
    for (const request of forbidden) faults.push(await send(shop.search, request));
    t.is(await contents(shop), before);
    for (const request of all.filter((other) => other.isPerhapsValid)) faults.push(await send(shop.search, request));
    t.deepEqual(
      faults.filter((fault) => fault !== undefined),
      [],
    );
    t.log(`${all.length} requests, ${forbidden.length} of them forbidden by the description`);
  });
}

test.serial(
  'rules of synonyms that the description cannot say are checked, and stay within their bounds',
  async (t) => {
    const { search } = await startSearch(t, stores);
    const path = '/api/v1/search/synonyms';
    const put = (list: readonly unknown[]) => search.call('PUT', path, { ...any, body: { rules: list } });
    for (const rule of [
      { terms: ['one'] },
      { terms: ['***', 'a'] },
      { terms: [' ', 'a'] },
      { terms: ['a', 'b'], expandsTo: [] },
    ])
      t.is((await put([rule])).json.code, 'validation-failed', JSON.stringify(rule));
    t.true((await put(Array.from({ length: 1001 }, () => ({ terms: ['a', 'b'] })))).status < 500);
    t.is((await search.call('GET', path, admin)).json.version, 0, 'nothing was stored');
    const many = Array.from({ length: 1000 }, (_, number) => ({ terms: [`term ${number}`, `word ${number}`] }));
    t.is((await put(many)).status, 200);
    t.is((await search.call('GET', `/api/v1/search?q=${'term%207%20'.repeat(14)}`)).status, 200, 'a long question');
  },
);

test.serial('each operation is open to its roles and to nobody else', async (t) => {
  t.timeout(240_000);
  const { search } = await startSearch(t, stores);
  const editors: readonly Role[] = ['admin', 'catalog-manager'];
  const expected: Readonly<Record<string, 'public' | readonly Role[]>> = {
    searchProducts: 'public',
    suggestProducts: 'public',
    getSynonyms: editors,
    replaceSynonyms: editors,
    getSearchStatus: [...editors, 'support'],
    getRebuild: [...editors, 'support'],
    startRebuild: ['admin'],
    cancelRebuild: ['admin'],
    rollBackRebuild: ['admin'],
  };
  t.deepEqual(Object.keys(expected).toSorted(), api.operations.map(({ id }) => id).toSorted());
  const asText = (value: unknown) => JSON.stringify(value);
  for (const operation of api.operations) {
    const access = expected[operation.id] ?? [];
    const content = bodyOf(operation) === undefined ? {} : { body: rules };
    const url = `${operation.path}${operation.id === 'suggestProducts' ? '?q=a' : ''}`;
    const ask = (caller: CallOptions) =>
      search.call(operation.method.toUpperCase(), url, { headers: { 'if-match': '*' }, ...content, ...caller });
    const guest = (await ask({})).status;
    t.is(guest === 401, access !== 'public', `${operation.id} by a guest: ${guest}`);
    const answers = await Promise.all(roles.map((role) => ask({ roles: [role] })));
    const admitted = roles.filter((_, place) => answers[place]?.status !== 403);
    t.is(
      asText(admitted),
      asText(access === 'public' ? roles : roles.filter((role) => access.includes(role))),
      operation.id,
    );
    t.true(answers.every(({ status }) => status < 500 && status !== 401));
  }
});
