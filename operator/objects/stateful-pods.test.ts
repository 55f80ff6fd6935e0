import test from 'ava';
import { aLive } from '../testing/live.ts';
import { readStatefulPods, readStatefulSet, readStorePods } from './stateful-pods.ts';

const container = { name: 'kafka', image: 'kafka', ready: false, restartCount: 3 };
const crashed = { ...container, waitingReason: 'CrashLoopBackOff', terminatedMessage: 'DataMissing\n' };

test('the pods of a StatefulSet are read by ordinal, and those of others are left out', (t) => {
  const names = ['shop-kafka-10', 'shop-kafka-2', 'shop-kafka-nodes-0', 'shop-kafka-x', 'other-0'];
  const pods = names.map((name) => aLive('Pod', name));
  t.deepEqual(
    readStatefulPods(pods, 'shop-kafka').map(({ name }) => name),
    ['shop-kafka-2', 'shop-kafka-10'],
  );
});

test('a pod that cannot start tells so, with the last words of its container', (t) => {
  const broken = aLive('Pod', 'shop-kafka-0', { status: { containers: [crashed] } });
  const ready = aLive('Pod', 'shop-kafka-1', {
    status: { ready: true, containers: [{ ...container, ready: true, terminatedMessage: 'of an earlier start' }] },
  });
  const fresh = aLive('Pod', 'shop-kafka-2');
  t.like(readStorePods([fresh, ready, broken], 'shop-kafka'), [
    { ordinal: 0, isBroken: true, lastWords: 'DataMissing\n' },
    { ordinal: 1, isBroken: false, lastWords: undefined },
    { ordinal: 2, isBroken: false, lastWords: undefined },
  ]);
});

test('a template counts when its controller has seen it; a StatefulSet on its way out does not', (t) => {
  const status = { specReplicas: 3, updateRevision: 'r2', observedGeneration: 1 };
  t.like(readStatefulSet(aLive('StatefulSet', 's', { status })), { replicas: 3, updateRevision: 'r2' });
  t.is(readStatefulSet(aLive('StatefulSet', 's', { status, generation: 2 }))?.updateRevision, undefined);
  t.is(readStatefulSet(aLive('StatefulSet', 's', { status, deleting: true })), undefined);
  t.is(readStatefulSet(undefined), undefined);
});
