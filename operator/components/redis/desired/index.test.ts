import test from 'ava';
import type { CompleteStack } from '../../../api/v1beta1/complete-stack.ts';
import { aCompleteStack } from '../../../testing/complete.ts';
import { aLive } from '../../../testing/live.ts';
import { claimSizeLabel } from '../names.ts';
import { buildDesired } from './index.ts';
import { liveOptionNames, liveOptions } from './options.ts';

const secrets = { 'admin-password': 'admin-secret', 'services-password': 'services-secret' };

function desired(stack: CompleteStack, live?: ReturnType<typeof aLive>) {
  return buildDesired(stack, {
    live: (ref) => (ref.kind === 'StatefulSet' ? live : undefined),
    secret: () => secrets,
  });
}

function find(stack: CompleteStack, kind: string, live?: ReturnType<typeof aLive>) {
  return desired(stack, live).objects.find((object) => object.kind === kind);
}

test('the objects of a stack with replicas', (t) => {
  const stack = aCompleteStack({ profile: 'Production' }, { 'ecommerce.stack/restart': 'now' });
  t.snapshot(desired(stack));
});

test('nothing is made before the credentials are there', (t) => {
  const result = buildDesired(aCompleteStack(), { live: () => undefined, secret: () => undefined });
  t.deepEqual(result, { objects: [], held: [] });
});

test('an external cluster gets a connection Secret and nothing else', (t) => {
  const stack = aCompleteStack({ redis: { mode: 'External', connectionSecretRef: { name: 'theirs' } } });
  const result = buildDesired(stack, {
    live: () => undefined,
    secret: (name) => (name === 'theirs' ? { nodes: 'a:1', password: 'p' } : undefined),
  });
  t.deepEqual(
    result.objects.map(({ kind, metadata }) => [kind, metadata.name]),
    [['Secret', 'shop-redis-connection']],
  );
});

test('without replicas there is no disruption budget, which would block every drain', (t) => {
  t.is(find(aCompleteStack({ redis: { shards: 3, replicasPerShard: 0 } }), 'PodDisruptionBudget'), undefined);
  t.truthy(find(aCompleteStack({ redis: { shards: 3, replicasPerShard: 1 } }), 'PodDisruptionBudget'));
});

test('pods never become fewer here: they leave after their slots did', (t) => {
  const stack = aCompleteStack({ redis: { shards: 3, replicasPerShard: 0 } });
  const replicas = (present: number) =>
    find(stack, 'StatefulSet', aLive('StatefulSet', 'shop-redis', { status: { specReplicas: present } }))?.['spec'];
  for (const [present, wanted] of [
    [1, 3],
    [3, 3],
    [8, 8],
  ] as const) {
    t.like(replicas(present), { replicas: wanted });
  }
  t.like(find(stack, 'StatefulSet')?.['spec'], { replicas: 3 });
});

test('the claim template keeps the size that it has, for Kubernetes never changes it', (t) => {
  const stack = aCompleteStack({ redis: { storage: { size: '20Gi' } } });
  const live = aLive('StatefulSet', 'shop-redis', { labels: { [claimSizeLabel]: '1Gi' } });
  t.regex(JSON.stringify(find(stack, 'StatefulSet', live)), /"storage":"1Gi"/);
  t.regex(JSON.stringify(find(stack, 'StatefulSet')), /"storage":"20Gi"/);
});

test('no password is written outside Secrets', (t) => {
  for (const object of desired(aCompleteStack()).objects.filter(({ kind }) => kind !== 'Secret')) {
    t.notRegex(JSON.stringify(object), /admin-secret|services-secret/, object.kind);
  }
});

test('options that a running server takes over do not change the pod template', (t) => {
  const small = aCompleteStack();
  const template = (stack: CompleteStack) =>
    JSON.stringify(find(stack, 'StatefulSet')).match(/"ecommerce.stack\/config-hash":"(\w+)"/)?.[1];
  const large = {
    ...small,
    redis: { ...small.redis, resources: { ...small.redis.resources, limits: { memory: '4Gi' } } },
  };
  t.not(liveOptions(small)['maxmemory'], liveOptions(large)['maxmemory']);
  t.is(template(small), template(large));
});

test('every live option is asked for', (t) => {
  t.deepEqual(Object.keys(liveOptions(aCompleteStack())).toSorted(), [...liveOptionNames].toSorted());
});
