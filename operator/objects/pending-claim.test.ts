import test from 'ava';
import { describePendingClaim, describePodProblem, findPendingClaim } from './pending-claim.ts';

const pending = { name: 'data-shop-kafka-0', phase: 'Pending' };

test('a claim that Kubernetes has not looked at yet does not count as pending', (t) => {
  t.is(findPendingClaim([{ name: 'new' }, { name: 'bound', phase: 'Bound' }]), undefined);
  t.is(findPendingClaim([{ name: 'bound', phase: 'Bound' }, pending])?.name, pending.name);
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
