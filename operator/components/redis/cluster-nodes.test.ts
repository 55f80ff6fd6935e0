import test from 'ava';
import { parseClusterNodes } from './cluster-nodes.ts';

const id = (letter: string) => letter.repeat(40);

test('a primary with a name, slots and open slots is read', (t) => {
  const line = `${id('a')} 10.0.0.1:6379@16379,shop-redis-0.nodes.shop.svc myself,master - 0 0 3 connected 0-5460 5463 [5461->-${id('b')}] [9-<-${id('c')}]`;
  const [own] = parseClusterNodes(`${line}\n`);
  t.like(own, { id: id('a'), host: '10.0.0.1', port: 6379, primaryId: undefined, epoch: 3, isLinked: true });
  t.deepEqual(own?.slots, [
    [0, 5460],
    [5463, 5463],
  ]);
  t.deepEqual(own?.migrating, [{ slot: 5461, peerId: id('b') }]);
  t.deepEqual(own?.importing, [{ slot: 9, peerId: id('c') }]);
});

test('a failed replica without a link is read', (t) => {
  const line = `${id('b')} 10.0.0.2:6379@16379 slave,fail ${id('a')} 1795425732000 1795425731000 3 disconnected`;
  const [replica] = parseClusterNodes(line);
  t.like(replica, { primaryId: id('a'), lastPongAt: 1795425731000, isLinked: false, slots: [] });
  t.true(replica?.flags.has('fail'));
});

test('addresses of IPv6, unknown addresses and nodes without flags are read', (t) => {
  const lines = [
    `${id('a')} fd00::5:6379@16379,name,shard-id=x slave ${id('b')} 0 0 1 connected`,
    `${id('c')} :0@0 master,noaddr - 0 0 1 disconnected`,
    `${id('d')} 10.0.0.1:6379@16379 noflags - 0 0 1 connected`,
  ];
  const [six, nowhere, plain] = parseClusterNodes(lines.join('\n'));
  t.is(six?.host, 'fd00::5');
  t.is(nowhere?.host, '');
  t.is(plain?.flags.size, 0);
});

test('anything else is refused with the line', (t) => {
  t.throws(() => parseClusterNodes('ERR something'), { instanceOf: TypeError, message: /ERR something/ });
});
