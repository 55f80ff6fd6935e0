import test from 'ava';
import type { JsonObject } from '../../api/kubernetes.ts';
import type { LiveObject } from '../../kube/live-object.ts';
import { readClaim } from '../../objects/claims.ts';
import { aCompleteStack } from '../../testing/complete.ts';
import { aLive } from '../../testing/live.ts';
import { judge } from './readiness.ts';
import { aCluster, anInstance } from './testing/cluster.ts';

const stack = aCompleteStack({ profile: 'Production', postgres: { readReplicas: 2 } });
const pods = [anInstance(0), anInstance(1), anInstance(2)];

test('a healthy cluster is ready and is looked at again', (t) => {
  t.like(judge(aCluster(stack, pods), stack), { state: 'ready', retryAfterMs: 20_000 });
});

test('each fault is told by its own reason, the most fundamental first', (t) => {
  const uninitialized = pods.map((pod) => ({
    ...pod,
    member: pod.member && { ...pod.member, role: 'uninitialized' as const, systemIdentifier: undefined },
  }));
  const unreachable = { reachable: false, reason: 'Unreachable', message: 'It does not answer.' } as const;
  const unseen = { ...aCluster(stack, pods).statefulSet, generation: 99 } as LiveObject; // there is one in aCluster
  const cases = [
    [aCluster(stack, pods, { recordedIdentity: 'another' }), 'IdentityMismatch', 'failed'],
    [aCluster(stack, pods, { bornMajor: '9' }), 'MajorVersionChange', 'failed'],
    [aCluster(stack, pods, { hasCredentials: false }), 'WaitingForCredentials', 'progressing'],
    [aCluster(stack, pods, { statefulSet: undefined }), 'Creating', 'progressing'],
    [aCluster(stack, uninitialized, { server: undefined }), 'DataMissing', 'failed'],
    [aCluster(stack, pods, { server: unreachable }), 'Unreachable', undefined],
    [aCluster(stack, pods, { facts: { inRecovery: true } }), 'Promoting', 'progressing'],
    [aCluster(stack, pods, { facts: { standbys: [] } }), 'ReplicasNotStreaming', 'progressing'],
    // A pod that the manifest no longer wants: it may even lead.
    [aCluster(stack, [...pods, anInstance(3)]), 'Scaling', 'progressing'],
    [aCluster(stack, pods, { statefulSet: unseen }), 'Rolling', 'progressing'],
    [aCluster(stack, [anInstance(0, { revision: 'old' }), ...pods.slice(1)]), 'Rolling', 'progressing'],
    [aCluster(stack, [anInstance(0, { pendingRestart: true }), ...pods.slice(1)]), 'RestartPending', 'progressing'],
    [aCluster(stack, pods, { dynamicConfig: {} }), 'ChangingSettings', 'progressing'],
  ] as const;
  for (const [observed, reason, state] of cases) {
    const verdict = judge(observed, stack);
    t.is('reason' in verdict ? verdict.reason : 'Ready', reason);
    if (state !== undefined) t.is(verdict.state, state, reason);
    t.regex(verdict.message, /[.]$|kubectl/, reason);
  }
});

test('a volume that cannot grow says why, and what of it a person can change', (t) => {
  const refused = (storageClassName?: string) => {
    const status = { requested: '1Gi', ...(storageClassName === undefined ? {} : { storageClassName }) };
    const claims = [readClaim(aLive('PersistentVolumeClaim', 'data-shop-postgres-0', { status }))];
    return judge(aCluster(stack, pods, { claims, expansionRefusal: 'only some can be resized' }), stack);
  };
  t.like(refused('slow'), { state: 'failed', reason: 'VolumeExpansionRefused' });
  t.regex(refused('slow').message, /only some can be resized.*StorageClass slow.*allowVolumeExpansion/);
  t.regex(refused().message, /without a storage class never grow; move the data/);
});

test('a volume that grows says how far all of them are, and what is being done', (t) => {
  const { size } = stack.postgres.storage;
  const claim = (ordinal: number, capacity: string, conditions: JsonObject[] = []) =>
    readClaim(
      aLive('PersistentVolumeClaim', `data-shop-postgres-${ordinal}`, {
        status: { requested: size, capacity, conditions },
      }),
    );
  const waiting = { type: 'FileSystemResizePending', status: 'True', message: 'waits for the node' };
  const growing = judge(aCluster(stack, pods, { claims: [claim(0, size), claim(1, '1Mi', [waiting])] }), stack);
  t.like(growing, { state: 'progressing', reason: 'VolumeGrowing' });
  t.is(
    growing.message,
    `1 of 2 volumes have ${size}; claim data-shop-postgres-1 is growing (FileSystemResizePending: waits for the node).`,
  );
  t.is(judge(aCluster(stack, pods, { claims: [claim(0, size), claim(1, size)] }), stack).state, 'ready');
});

test('a lost volume is named with what to do', (t) => {
  const claims = [readClaim(aLive('PersistentVolumeClaim', 'data-shop-postgres-1', { status: { phase: 'Lost' } }))];
  const verdict = judge(aCluster(stack, pods, { claims }), stack);
  t.like(verdict, { state: 'failed', reason: 'VolumeLost' });
  t.regex(verdict.message, /data-shop-postgres-1/);
});
