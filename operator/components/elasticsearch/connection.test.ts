import test from 'ava';
import { aCompleteStack } from '../../testing/complete.ts';
import { builtinConnection, externalConnection } from './connection.ts';

test('our own nodes are reached by their lasting names', (t) => {
  const connection = builtinConnection(aCompleteStack(), 2, { 'elastic-password': 'secret' });
  t.is(connection.url, [0, 1].map((n) => `http://shop-es-${n}.shop-elasticsearch-nodes.shop.svc:9200`).join(','));
  t.like(connection, { username: 'elastic', password: 'secret' });
});

test('the keys are the same in every mode', (t) => {
  const external = externalConnection({ url: ' https://a:9200 , https://b:9200/search ', 'ca.crt': 'PEM' });
  t.deepEqual(Object.keys(external), Object.keys(builtinConnection(aCompleteStack(), 1, {})));
  t.like(external, { url: 'https://a:9200,https://b:9200/search', username: '', 'ca.crt': 'PEM' });
});

for (const [secret, complaint] of [
  [{}, /names no server/],
  [{ url: 'a:9200' }, /"a:9200" in url is no address/],
  [{ url: 'ftp://a' }, /is no address/],
  [{ url: 'http://me:hidden@a:9200' }, /holds a login/],
  [{ url: 'http://a:9200?pretty' }, /has a query/],
  [{ url: 'http://a:9200', username: 'me' }, /password is missing/],
] as const) {
  test(`a Secret that cannot be read is explained: ${JSON.stringify(secret)}`, (t) => {
    const connection = externalConnection(secret);
    t.regex(typeof connection === 'string' ? connection : '', complaint);
    t.notRegex(typeof connection === 'string' ? connection : '', /hidden/);
  });
}
