import test from 'ava';
import { aCompleteStack } from '../../../testing/complete.ts';
import { aLive } from '../../../testing/live.ts';
import { aCluster, anInstance } from '../testing/cluster.ts';
import { planReplacement } from './replace-broken-pod.ts';
import { planPendingRestart } from './restart-pending.ts';
import { planRoll } from './rolling-restart.ts';

const stack = aCompleteStack({ postgres: { readReplicas: 2 } });
const old = { revision: 'old' };

test('a cluster of the present template is left alone', (t) => {
  const observed = aCluster(
    stack,
    [0, 1, 2].map((ordinal) => anInstance(ordinal)),
  );
  t.is(planRoll(observed, stack).kind, 'none');
  t.is(planPendingRestart(observed, stack).kind, 'none');
  t.is(planReplacement(observed, stack).kind, 'none');
});

test('replicas are restarted first, the highest one before the others', (t) => {
  const observed = aCluster(stack, [anInstance(0, old), anInstance(1, old), anInstance(2, old)]);
  t.like(planRoll(observed, stack), {
    kind: 'step',
    step: { name: 'RestartReplica', target: 'shop-postgres-2', disruptive: true },
  });
});

test('a leader that is the last old pod hands over to the synchronous replica', (t) => {
  const observed = aCluster(stack, [anInstance(0, old), anInstance(1), anInstance(2)]);
  t.like(planRoll(observed, stack), {
    kind: 'step',
    step: { name: 'SwitchOver', target: 'shop-postgres-0', details: { candidate: 'shop-postgres-1' } },
  });
});

test('a single instance is restarted in place and says that the database is away meanwhile', (t) => {
  const single = aCompleteStack();
  const plan = planRoll(aCluster(single, [anInstance(0, old)]), single);
  t.like(plan, { kind: 'step', step: { name: 'RestartPrimary', disruptive: true } });
});

test('nothing is restarted while another pod is away, a replica lags, nobody leads or the data is foreign', (t) => {
  const pods = [anInstance(0, old), anInstance(1, old), anInstance(2, old)];
  const standbys = (lagBytes: number, state = 'streaming') =>
    [1, 2].map((ordinal) => ({ name: `shop-postgres-${ordinal}`, state, sync: ordinal === 1, lagBytes }));
  const leaderless = pods.map((pod) => ({ ...pod, member: pod.member && { ...pod.member, role: 'replica' as const } }));
  const paused = pods.map((pod) => ({ ...pod, member: pod.member && { ...pod.member, paused: true } }));
  const silent = pods.map((pod) => (pod.ordinal === 1 ? { ...pod, member: undefined } : pod));
  const cases = [
    [aCluster(stack, pods.slice(0, 2)), 'allPodsPresent'],
    [aCluster(stack, pods, { facts: { standbys: standbys(1e9) } }), 'lagBelow'],
    [aCluster(stack, pods, { facts: { standbys: standbys(0).slice(0, 1) } }), undefined],
    [aCluster(stack, leaderless), 'leaderPresent'],
    [aCluster(stack, paused), 'notInMaintenance'],
    [aCluster(stack, silent), undefined],
    [aCluster(stack, pods, { recordedIdentity: 'another' }), 'identityMatches'],
  ] as const;
  for (const [observed, blockedBy] of cases) {
    const plan = planRoll(observed, stack);
    if (blockedBy === undefined) {
      // One that does not work costs nothing, and the restart may be its cure.
      t.like(plan, { kind: 'step', step: { name: 'RestartReplica' } });
    } else {
      t.like(plan, { kind: 'blocked', blockedBy });
    }
  }
});

test('a restarted replica that streams already is waited for until its pod is ready; old pods may wait for their cure', (t) => {
  const unready = (instance: ReturnType<typeof anInstance>) => {
    const { labels } = instance.pod;
    return { ...instance, pod: aLive('Pod', instance.name, { labels, status: { phase: 'Running', ready: false } }) };
  };
  const back = aCluster(stack, [anInstance(0, old), anInstance(1, old), unready(anInstance(2))]);
  t.like(planRoll(back, stack), { kind: 'blocked', blockedBy: 'restartedPodsReady', target: 'shop-postgres-1' });
  const broken = [0, 1, 2].map((ordinal) => unready(anInstance(ordinal, old)));
  t.like(planRoll(aCluster(stack, broken), stack), { kind: 'step', step: { name: 'RestartReplica' } });
});

test('a parameter that waits for a restart restarts servers, not pods: replicas first', (t) => {
  const pending = { pendingRestart: true };
  const all = [anInstance(0, pending), anInstance(1, pending), anInstance(2, pending)];
  t.like(planPendingRestart(aCluster(stack, all), stack), {
    step: { name: 'RestartServer', target: 'shop-postgres-2' },
  });
  const restarted = ['shop-postgres-2', 'shop-postgres-1'];
  t.like(planPendingRestart(aCluster(stack, all, { restarted }), stack), { step: { target: 'shop-postgres-0' } });
});

test('a setting that is lowered restarts the leader first: standbys may not have less', (t) => {
  const lowered = aCompleteStack({ postgres: { readReplicas: 2, parameters: { max_connections: '50' } } });
  const pending = { pendingRestart: true };
  const all = [anInstance(0, pending), anInstance(1, pending), anInstance(2, pending)];
  const observed = aCluster(lowered, all, { facts: { sensitive: { max_connections: 100 } } });
  t.like(planPendingRestart(observed, lowered), { step: { target: 'shop-postgres-0' } });
});

test('a pod that cannot run is replaced when the template has changed, but never the leader', (t) => {
  const broken = anInstance(2, old);
  const waiting = aLive('Pod', broken.name, {
    labels: { 'controller-revision-hash': 'old' },
    status: {
      phase: 'Pending',
      containers: [{ name: 'postgres', image: 'x', ready: false, restartCount: 0, waitingReason: 'ImagePullBackOff' }],
    },
  });
  const pods = [
    anInstance(0, old),
    anInstance(1, old),
    { ...broken, pod: waiting, member: undefined, silence: 'away' },
  ];
  t.like(planReplacement(aCluster(stack, pods), stack), { step: { target: 'shop-postgres-2', disruptive: false } });
});
