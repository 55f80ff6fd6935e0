import test from 'ava';
import { aCompleteStack } from '../../testing/complete.ts';
import { builtinConnection, externalConnection } from './connection.ts';

test('our own cluster is reached by the names of all pods', (t) => {
  const stack = aCompleteStack({ redis: { shards: 3, replicasPerShard: 0 } });
  const connection = builtinConnection(stack, { 'services-password': 'secret' });
  t.is(connection.nodes, [0, 1, 2].map((ordinal) => `shop-redis-${ordinal}.shop-redis-nodes.shop.svc:6379`).join(','));
  t.is(connection.uri, 'redis://services:secret@shop-redis.shop.svc:6379');
});

test('the keys are the same in every mode', (t) => {
  const external = externalConnection({ nodes: 'a:1,b:2', password: 'p' });
  t.deepEqual(Object.keys(external), Object.keys(builtinConnection(aCompleteStack(), {})));
});

test('nodes, or host and port, will do; the user is default unless given', (t) => {
  t.like(externalConnection({ nodes: ' a:1 , b:2 ', password: 'p/w' }), {
    nodes: 'a:1,b:2',
    host: 'a',
    port: '1',
    username: 'default',
    uri: 'redis://default:p%2Fw@a:1',
  });
  t.like(externalConnection({ host: 'r.example', password: '' }), { nodes: 'r.example:6379', port: '6379' });
  t.like(externalConnection({ nodes: '[fd00::1]:7000', username: 'me' }), { host: 'fd00::1', port: '7000' });
});

for (const [secret, complaint] of [
  [{}, /neither the key nodes/],
  [{ nodes: '' }, /neither the key nodes/],
  [{ nodes: 'a' }, /"a" is no address/],
  [{ nodes: 'a:70000' }, /"a:70000" is no address/],
  [{ nodes: 'redis://a:1' }, /is no address/],
] as const) {
  test(`a Secret that cannot be read is explained: ${JSON.stringify(secret)}`, (t) => {
    const connection = externalConnection(secret);
    t.regex(typeof connection === 'string' ? connection : '', complaint);
  });
}
