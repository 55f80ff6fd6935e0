import test from 'ava';
import { testEngine } from './testing/engine-contract.ts';
import { aProductState, idsOf, startSearch, startSearchStores } from './testing/search-under-test.ts';

const stores = await startSearchStores();
test.after.always(() => stores.close());

testEngine((t) => startSearch(t, stores));

test.serial('equal hits are ordered by popularity', async (t) => {
  const { index, find, client, names } = await startSearch(t, stores);
  const [little, much] = [aProductState({ title: 'Blue Lamp' }), aProductState({ title: 'Blue Lamp' })];
  await index(little, much);
  t.is((await find('q=blue%20lamp')).items[0].id, little.id, 'by id while nobody bought any');
  const path = `/${names.write}/_update/${much.id}?refresh=true`;
  const body = { doc: { popularity: 7 } };
  await client.send({ operation: 'test', method: 'POST', path, body, isSafe: true });
  t.is((await find('q=blue%20lamp')).items[0].id, much.id);
  t.is((await find('sort=popularity')).items[0].id, much.id);
});

test.serial('cursors of others, of other questions and of nobody are refused', async (t) => {
  const { index, search, find } = await startSearch(t, stores);
  await index(...Array.from({ length: 5 }, () => aProductState({ title: 'Lamp' })));
  const { nextCursor } = await find('q=lamp&limit=2');
  const ask = async (query: string) => (await search.call('GET', `/api/v1/search?${query}`)).json;
  t.is((await ask(`q=lamp&limit=3&cursor=${nextCursor}`)).items.length, 3, 'another length is fine');
  const bytes = Buffer.from(nextCursor, 'base64url');
  const forged = [
    Buffer.concat([bytes.subarray(0, 16), Buffer.from('{"list":"x","after":[1],"view":"y"}')]),
    Buffer.from(bytes.map((byte, place) => (place === 20 ? byte ^ 1 : byte))),
    bytes.subarray(0, 10),
    Buffer.from('{}'),
  ].map((one) => `q=lamp&cursor=${one.toString('base64url')}`);
  const misused = [`q=lamp&sort=title&cursor=${nextCursor}`, `q=other&cursor=${nextCursor}`, `cursor=${nextCursor}`];
  for (const query of [...forged, ...misused, `q=lamp&inStock=true&cursor=${nextCursor}`])
    t.is((await ask(query)).code, 'invalid-cursor', query);
  for (const query of [
    'cursor=***',
    `cursor=${'x'.repeat(3001)}`,
    'offset=9900',
    'offset=-1',
    `offset=1&cursor=${nextCursor}`,
  ])
    t.is((await ask(query)).code, 'invalid-parameter', query);
  t.is((await ask('q=lamp&offset=9899&limit=100')).total, 5, 'the last offset');
  t.is((await ask('q=lamp&offset=3')).items.length, 2);
});
test.serial('a view that is over: the reader goes on in a new one', async (t) => {
  const { index, find, client } = await startSearch(t, stores);
  await index(...Array.from({ length: 230 }, () => aProductState({ title: 'Lamp' })));
  // The second one is mistyped: each of its pages asks the view twice.
  for (const word of ['lamp', 'lapm']) {
    const query = `q=${word}&sort=title&limit=100`;
    const second = await find(`${query}&cursor=${(await find(query)).nextCursor}`);
    const view = JSON.parse(Buffer.from(second.nextCursor, 'base64url').subarray(16).toString()).view;
    await client.send({ operation: 'test', method: 'DELETE', path: '/_pit', body: { id: view }, isSafe: true });
    const third = await find(`${query}&cursor=${second.nextCursor}`);
    t.true(third.items.length > 0);
    t.false(idsOf(third).some((id) => idsOf(second).includes(id)));
  }
});
