import test from 'ava';
import { refKey, refOf } from '../../../api/kubernetes.ts';
import type { CompleteStack } from '../../../api/v1beta1/complete-stack.ts';
import { aCompleteStack } from '../../../testing/complete.ts';
import { aLive } from '../../../testing/live.ts';
import { claimSizeLabel } from '../names.ts';
import { secrets } from '../testing/facts.ts';
import { buildDesired } from './index.ts';

function desired(stack: CompleteStack, live?: ReturnType<typeof aLive>, identity?: string) {
  const keeper = identity === undefined ? undefined : aLive('Secret', 'shop-kafka-credentials', { identity });
  return buildDesired(stack, {
    live: (ref) => (ref.kind === 'StatefulSet' ? live : keeper),
    secret: () => secrets,
  });
}

function find(stack: CompleteStack, kind: string, live?: ReturnType<typeof aLive>) {
  return desired(stack, live).objects.find((object) => object.kind === kind);
}

function formation(stack: CompleteStack, identity?: string): unknown {
  const config = desired(stack, undefined, identity).objects.find(({ kind }) => kind === 'ConfigMap');
  return (config?.['data'] as Record<string, string> | undefined)?.['formation'];
}

test('the objects of a stack in production', (t) => {
  const stack = aCompleteStack({ profile: 'Production' }, { 'ecommerce.stack/restart': 'now' });
  t.snapshot(desired(stack));
});

test('nothing is made before the credentials are there', (t) => {
  const result = buildDesired(aCompleteStack(), { live: () => undefined, secret: () => undefined });
  t.deepEqual(result, { objects: [], held: [] });
});

test('the connection Secret has the same keys in every mode', (t) => {
  const external = aCompleteStack({ kafka: { mode: 'External', connectionSecretRef: { name: 'theirs' } } });
  const keys = (stack: CompleteStack, secret: Readonly<Record<string, string>>) =>
    buildDesired(stack, { live: () => undefined, secret: () => secret })
      .objects.filter(({ metadata }) => metadata.name === 'shop-kafka-connection-order')
      .map((object) => Object.keys(object['data'] as object).toSorted());
  t.deepEqual(keys(external, { bootstrapServers: 'a:1' }), keys(aCompleteStack(), secrets));
  t.is(keys(external, { bootstrapServers: 'a:1' }).length, 1);
  t.deepEqual(keys(external, { bootstrapServers: 'nonsense' }), []);
});

test('an empty volume is new, then one that joins, and of a single node a lost one', (t) => {
  const three = aCompleteStack({ kafka: { brokers: 3 } });
  t.is(formation(three), 'new');
  t.is(formation(three, 'MkU3OEVBNTcwNTJENDM2Qg'), 'formed');
  t.is(formation(aCompleteStack({ kafka: { brokers: 1 } }), 'MkU3OEVBNTcwNTJENDM2Qg'), 'lost');
});

test('a single broker has no disruption budget, which would block every drain', (t) => {
  t.is(find(aCompleteStack({ kafka: { brokers: 1 } }), 'PodDisruptionBudget'), undefined);
  t.truthy(find(aCompleteStack({ kafka: { brokers: 3 } }), 'PodDisruptionBudget'));
});

test('brokers never become fewer', (t) => {
  const stack = aCompleteStack({ kafka: { brokers: 1 } });
  const live = aLive('StatefulSet', 'shop-kafka', { status: { specReplicas: 3 } });
  t.like(find(stack, 'StatefulSet', live)?.['spec'], { replicas: 3 });
  t.like(find(stack, 'StatefulSet')?.['spec'], { replicas: 1 });
});

test('the claim template keeps the size that it has, for Kubernetes never changes it', (t) => {
  const stack = aCompleteStack({ kafka: { storage: { size: '20Gi' } } });
  const live = aLive('StatefulSet', 'shop-kafka', { labels: { [claimSizeLabel]: '1Gi' } });
  t.regex(JSON.stringify(find(stack, 'StatefulSet', live)), /"storage":"1Gi"/);
  t.regex(JSON.stringify(find(stack, 'StatefulSet')), /"storage":"20Gi"/);
});

test('no password is written outside Secrets', (t) => {
  for (const object of desired(aCompleteStack()).objects.filter(({ kind }) => kind !== 'Secret')) {
    t.notRegex(JSON.stringify(object), /-secret"/, object.kind);
  }
});

test('only what a start reads changes the pod template', (t) => {
  const template = (stack: CompleteStack) => {
    const { spec } = find(stack, 'StatefulSet') as unknown as { spec: { template: unknown } }; // what Kubernetes calls one
    return JSON.stringify(spec.template);
  };
  const base = template(aCompleteStack());
  t.is(template(aCompleteStack({ kafka: { parameters: { 'message.max.bytes': '9' } } })), base);
  t.is(template(aCompleteStack({ kafka: { topics: [{ name: 'audit' }] } })), base);
  t.is(template(aCompleteStack({ kafka: { brokers: 3 } })), base);
  t.not(template(aCompleteStack({ kafka: { parameters: { 'queued.max.requests': '9' } } })), base);
});

test('names and kinds are unique, and the same input gives the same bytes', (t) => {
  const stack = aCompleteStack({ profile: 'Production' });
  const keys = desired(stack).objects.map((object) => refKey(refOf(object)));
  t.is(new Set(keys).size, keys.length);
  t.is(JSON.stringify(desired(stack)), JSON.stringify(desired(stack)));
});
