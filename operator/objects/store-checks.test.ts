import test from 'ava';
import { aCompleteStack } from '../testing/complete.ts';
import type { ObservedClaim } from './claims.ts';
import type { StatefulPod } from './stateful-pods.ts';
import { type ObservedStore, podsHaveAddresses, storeChecks, templateSeen } from './store-checks.ts';

const stack = aCompleteStack({ kafka: { storage: { size: '2Gi', className: 'fast' } } });
const { podsRun, volumesBound, volumesSized } = storeChecks(({ kafka }) => kafka.storage);

const claim: ObservedClaim = {
  name: 'data-shop-kafka-0',
  uid: 'u',
  phase: 'Bound',
  requested: '2Gi',
  capacity: '2Gi',
  isDeleting: false,
};
const aStore = (fields: Partial<ObservedStore> = {}): ObservedStore => ({
  statefulSet: { uid: 's', replicas: 1, updateRevision: 'r' },
  pods: [],
  podProblem: undefined,
  claims: [claim],
  ...fields,
});

test('a store whose pods run on volumes of the wanted size has nothing to say', (t) => {
  const store = aStore();
  const verdicts = [podsRun, volumesBound, volumesSized].map((check) => check(store, stack));
  t.deepEqual([...verdicts, templateSeen(store)], [undefined, undefined, undefined, undefined]);
});

test('a pod that cannot run fails the store, with the volume that it waits for', (t) => {
  const podProblem = { reason: 'PodUnschedulable', message: 'Pod x fits on no node' } as const;
  const verdict = podsRun(aStore({ podProblem, claims: [{ ...claim, phase: 'Pending' }] }), stack);
  t.like(verdict, { state: 'failed', reason: 'PodUnschedulable', terminal: false });
  t.regex(verdict?.message ?? '', /fits on no node\. Volume claim data-shop-kafka-0 .*class fast/);
});

test('a volume that is not there yet, and one that is smaller than the manifest says, are on their way', (t) => {
  const pending = volumesBound(aStore({ claims: [{ ...claim, phase: 'Pending' }] }), stack);
  t.like(pending, { state: 'progressing', reason: 'VolumePending' });
  t.regex(pending?.message ?? '', /class fast/);
  const growing = volumesSized(aStore({ claims: [{ ...claim, requested: '1Gi', capacity: '1Gi' }] }), stack);
  t.like(growing, { state: 'progressing', reason: 'VolumeGrowing' });
});

test('every wanted pod needs an address; others do not count', (t) => {
  const pod = (ordinal: number, address?: string) => ({ ordinal, address }) as StatefulPod;
  const pods = [pod(0, '10.0.0.1'), pod(1), pod(2, '10.0.0.3')];
  t.is(podsHaveAddresses({ pods: pods.slice(0, 1) }, 1), undefined);
  t.like(podsHaveAddresses({ pods }, 2), { reason: 'PodsPending', message: '1 of 2 pods have an address.' });
});

test('a template that Kubernetes has not read is an update on its way, and so is a missing StatefulSet', (t) => {
  const unread = { uid: 's', replicas: 1, updateRevision: undefined };
  t.like(templateSeen({ statefulSet: unread }), { state: 'progressing', reason: 'Updating' });
  t.like(templateSeen({ statefulSet: undefined }), { state: 'progressing', reason: 'Updating' });
});
