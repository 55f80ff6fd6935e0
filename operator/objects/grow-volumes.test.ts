import test from 'ava';
import type { JsonObject, ObjectRef } from '../api/kubernetes.ts';
import type { KubeClient } from '../kube/kube-client.ts';
import { aCompleteStack } from '../testing/complete.ts';
import type { ObservedClaim } from './claims.ts';
import { growVolumes } from './grow-volumes.ts';

const stack = aCompleteStack({ redis: { storage: { size: '2Gi' } } });
const grow = growVolumes<readonly ObservedClaim[]>({
  claims: (observed) => observed,
  size: ({ redis }) => redis.storage.size,
});
const claim = (name: string, requested?: string): ObservedClaim => ({ name, uid: name, requested, isDeleting: false });

test('claims that ask for less than the manifest says are asked for more, the others are left alone', async (t) => {
  const plan = grow.plan([claim('small', '1Gi'), claim('done', '2Gi'), claim('smaller', '512Mi'), claim('new')], stack);
  if (plan.kind !== 'step') return t.fail();
  t.like(plan.step, { name: 'GrowClaims', disruptive: false, message: 'Asks for 2Gi instead of 1Gi for 2 volumes.' });
  const patches: [ObjectRef, JsonObject][] = [];
  const kube = {
    patch: async (...patch: [ObjectRef, JsonObject]) => void patches.push(patch),
  } as unknown as KubeClient;
  await grow.execute(plan.step, { kube, stack });
  const ref = { apiVersion: 'v1', kind: 'PersistentVolumeClaim', namespace: stack.namespace };
  const body = { spec: { resources: { requests: { storage: '2Gi' } } } };
  t.deepEqual(patches, [
    [{ ...ref, name: 'small' }, body],
    [{ ...ref, name: 'smaller' }, body],
  ]);
  return undefined;
});

test('volumes of the wanted size, and none at all, are nothing to do', (t) => {
  t.deepEqual(grow.plan([claim('done', '2Gi'), claim('larger', '3Gi')], stack), { kind: 'none' });
  t.deepEqual(grow.plan([], stack), { kind: 'none' });
});
