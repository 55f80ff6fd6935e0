import test from 'ava';
import { aLive } from '../testing/live.ts';
import {
  describeGrowth,
  describePendingClaim,
  describePodProblem,
  findPendingClaim,
  type ObservedClaim,
  readClaim,
  smallerClaims,
} from './claims.ts';

const aClaim = (fields: Partial<ObservedClaim> = {}): ObservedClaim => ({
  name: 'data-shop-kafka-0',
  uid: 'u',
  isDeleting: false,
  ...fields,
});
const pending = aClaim({ phase: 'Pending' });

test('a claim that Kubernetes has not looked at yet does not count as pending', (t) => {
  t.is(findPendingClaim([aClaim(), aClaim({ phase: 'Bound' })]), undefined);
  t.is(findPendingClaim([aClaim({ phase: 'Bound' }), pending]), pending);
});

test('the storage class is named, also the default one, with what to look at', (t) => {
  t.regex(
    describePendingClaim(pending, 'fast'),
    /data-shop-kafka-0 is Pending; storage class fast .*kubectl describe pvc data-shop-kafka-0/,
  );
  t.regex(describePendingClaim(pending, undefined), /default storage class .*kubectl get storageclass/);
});

test('a pod that no machine takes may wait for its volume; other problems have nothing to do with it', (t) => {
  const unschedulable = { reason: 'PodUnschedulable', message: 'Pod x fits on no node: unbound claims' } as const;
  t.regex(
    describePodProblem(unschedulable, [pending], 'fast'),
    /^Pod x fits on no node: unbound claims\. Volume claim .* class fast/,
  );
  t.is(describePodProblem(unschedulable, [], 'fast'), unschedulable.message);
  const crashing = { reason: 'PodCrashing', message: 'Pod x crashes' } as const;
  t.is(describePodProblem(crashing, [pending], 'fast'), crashing.message);
});

test('a claim tells its sizes, its class and what is being done to it', (t) => {
  const waiting = { type: 'FileSystemResizePending', status: 'True', message: 'waits for the node' };
  const status = {
    phase: 'Bound',
    requested: '2Gi',
    capacity: '1Gi',
    storageClassName: 'fast',
    conditions: [waiting, { type: 'Resizing', status: 'False' }],
  };
  t.like(readClaim(aLive('PersistentVolumeClaim', 'data-shop-kafka-0', { status })), {
    name: 'data-shop-kafka-0',
    phase: 'Bound',
    requested: '2Gi',
    capacity: '1Gi',
    className: 'fast',
    work: 'FileSystemResizePending: waits for the node',
    isDeleting: false,
  });
});

test('volumes grow until each has what it asks for and asks for what the manifest says', (t) => {
  const small = aClaim({ requested: '1Gi', capacity: '1Gi' });
  const asked = aClaim({ requested: '2Gi', capacity: '1Gi', work: 'Resizing' });
  const done = aClaim({ requested: '2Gi', capacity: '2048Mi' });
  t.deepEqual(smallerClaims([small, asked, done, { ...small, isDeleting: true }], '2Gi'), [small]);
  t.is(describeGrowth([done, asked], '2Gi'), '1 of 2 volumes have 2Gi; claim data-shop-kafka-0 is growing (Resizing).');
  t.regex(describeGrowth([done, small], '2Gi') ?? '', /1 of 2 volumes/);
  t.is(describeGrowth([done, done], '2Gi'), undefined);
});
