import test from 'ava';
import { refOf } from '../../../api/kubernetes.ts';
import type { CompleteStack } from '../../../api/v1beta1/complete-stack.ts';
import type { LiveObject } from '../../../kube/live-object.ts';
import { aCompleteStack } from '../../../testing/complete.ts';
import { aLive } from '../../../testing/live.ts';
import { neededKeys } from '../gather.ts';
import { claimSizeLabel, majorLabel } from '../names.ts';
import { buildDesired } from './index.ts';

function desired(stack: CompleteStack, ...live: readonly LiveObject[]) {
  const secrets = Object.fromEntries(neededKeys(stack).map((key) => [key, `secret-of-${key}`]));
  return buildDesired(stack, {
    live: ({ kind, name }) => live.find(({ ref }) => ref.kind === kind && ref.name === name),
    secret: () => secrets,
  });
}

function names(stack: CompleteStack, kind: string, ...live: readonly LiveObject[]): readonly string[] {
  return desired(stack, ...live)
    .objects.filter((object) => object.kind === kind)
    .map(({ metadata }) => metadata.name);
}

function statefulSet(stack: CompleteStack, ...live: readonly LiveObject[]): string {
  return JSON.stringify(desired(stack, ...live).objects.find(({ kind }) => kind === 'StatefulSet'));
}

test('the objects of a stack with replicas are as reviewed', (t) => {
  t.snapshot(desired(aCompleteStack({ profile: 'Production' }, { 'ecommerce.stack/restart': 'now' })));
});

test('an external server gets connection Secrets and nothing that runs', (t) => {
  const stack = aCompleteStack({ postgres: { mode: 'External', connectionSecretRef: { name: 'theirs' } } });
  t.deepEqual(names(stack, 'StatefulSet'), []);
  t.true(desired(stack).objects.every(({ kind }) => kind === 'Secret'));
});

test('one instance has no disruption budget, which would block every drain; several have one', (t) => {
  t.deepEqual(names(aCompleteStack(), 'PodDisruptionBudget'), []);
  t.is(names(aCompleteStack({ postgres: { readReplicas: 2 } }), 'PodDisruptionBudget').length, 1);
});

test('the claim template keeps the size that it has, for Kubernetes never changes it', (t) => {
  const stack = aCompleteStack({ postgres: { storage: { size: '20Gi' } } });
  const live = aLive('StatefulSet', 'shop-postgres', { labels: { [claimSizeLabel]: '1Gi' } });
  t.regex(statefulSet(stack, live), /"storage":"1Gi"/);
  t.regex(statefulSet(stack), /"storage":"20Gi"/);
});

test('data of another major version holds the servers, also when only what outlives a stack is left', (t) => {
  const stack = aCompleteStack({ postgres: { version: '17' } });
  const ofStack = aLive('StatefulSet', 'shop-postgres', { labels: { [majorLabel]: '16' } });
  const retained = [
    aLive('ConfigMap', 'shop-postgres-config', { labels: { [majorLabel]: '16' } }),
    aLive('Secret', 'shop-postgres-credentials', { identity: '7300' }),
  ];
  for (const live of [[ofStack], retained]) {
    t.deepEqual(names(stack, 'StatefulSet', ...live), []);
    t.true(desired(stack, ...live).held.some(({ reason }) => reason === 'MajorVersionChange'));
    const state = desired(stack, ...live).objects.find((object) => refOf(object).name === 'shop-postgres-config');
    t.is(state?.metadata.labels?.[majorLabel], '16');
  }
});

test('before any data exists the major version may still change', (t) => {
  const stack = aCompleteStack({ postgres: { version: '17' } });
  const empty = aLive('ConfigMap', 'shop-postgres-config', { labels: { [majorLabel]: '16' } });
  t.is(names(stack, 'StatefulSet', empty).length, 1);
});

test('no password is written outside Secrets', (t) => {
  for (const object of desired(aCompleteStack()).objects.filter(({ kind }) => kind !== 'Secret')) {
    t.notRegex(JSON.stringify(object), /secret-of-/, object.kind);
  }
});
