import test from 'ava';
import { aCompleteStack } from '../../testing/complete.ts';
import { reportRedis } from './report.ts';
import { aShape, type Deviations, emptyModel, formedModel, observe } from './testing/model.ts';

const stack = aCompleteStack({ redis: { shards: 3, replicasPerShard: 1 } });
const shape = aShape(3, 1);

function report(deviations: Omit<Deviations, 'shape'> = {}, machines = 4) {
  return reportRedis(observe(formedModel(shape, machines), { shape, ...deviations }), stack);
}

test('a formed cluster reports version, identity and what it survives', (t) => {
  const { guarantee, ...rest } = report();
  t.deepEqual(rest, { endpoint: 'shop-redis.shop.svc:6379', version: '7.0.15', identity: 'identity' });
  t.regex(guarantee ?? '', /a replica takes over/);
});

test('a cluster that is still to be formed has no identity', (t) => {
  t.is(reportRedis(observe(emptyModel(6), { shape }), stack).identity, undefined);
});

test('without replicas the guarantee says what is lost', (t) => {
  const bare = aCompleteStack({ redis: { shards: 3, replicasPerShard: 0 } });
  const observed = observe(formedModel(aShape(3, 0)), { shape: aShape(3, 0) });
  t.regex(reportRedis(observed, bare).guarantee ?? '', /unavailable until it is back/);
});

test('the oldest version is the one to rely on', (t) => {
  t.is(report({ facts: { 1: { version: '7.0.9' }, 2: { version: '8.0.0' } } }).version, '7.0.9');
});

test('full memory and replicas beside their primary are warned of', (t) => {
  const full = report({ facts: { 2: { usedMemoryBytes: 90, maxMemoryBytes: 100 } } });
  t.deepEqual(
    full.warnings?.map(({ reason }) => reason),
    ['MemoryNearlyFull'],
  );
  t.deepEqual(
    report({}, 3).warnings?.map(({ reason }) => reason),
    ['ReplicasBesidePrimary'],
  );
});
