import test, { type ExecutionContext } from 'ava';
import { waitFor } from '../../lab/control-plane/wait.ts';
import { differencesOf, type EndState, readEndState } from '../support/end-state.ts';
import type { OperatorProcess } from '../support/operator-process.ts';
import { OperatorRig } from '../support/operator-rig.ts';
import { aManifest, apply, waitForStack } from '../support/stacks.ts';

/** Longer than every backoff against a server that does not answer. The tier runs another file meanwhile. */
const outageMs = 60_000;

test('a minute without API server, with a change before and damage around it, ends as if nothing had happened', async (t) => {
  const rig = await OperatorRig.start();
  t.teardown(() => rig.stop());
  const calm = await liveThrough(rig, t, 'calm', () => Promise.resolve());
  const disturbed = await liveThrough(rig, t, 'disturbed', async (operator) => {
    // Stopped, it cannot see the change before the server is gone: it has to find out afterwards.
    await rig.server.stopProgram('kube-apiserver');
    process.kill(operator.pid, 'SIGCONT');
    const goneAt = performance.now();
    await waitFor('the outage is over', async () => performance.now() - goneAt >= outageMs, {
      timeoutMs: outageMs * 2,
      intervalMs: 500,
    });
    t.true(
      operator.logs.some(({ level }) => level === 'warn' || level === 'error'),
      'the operator did not notice',
    );
    await rig.server.startProgram('kube-apiserver');
  });
  t.deepEqual(differencesOf({ calm, disturbed }), []);
});

/** A stack is made, changed and damaged; `disturb` happens between the two damages, with the operator stopped. */
async function liveThrough(
  rig: OperatorRig,
  t: ExecutionContext,
  namespace: string,
  disturb: (operator: OperatorProcess) => Promise<void>,
): Promise<EndState> {
  const operator = await rig.withStack(t, namespace);
  process.kill(operator.pid, 'SIGSTOP');
  const gateway = { env: { APP_LOG_LEVEL: 'debug' }, autoscaling: { enabled: false }, replicas: 2 };
  await apply(rig.server, aManifest(namespace, 'shop', { services: { gateway } }));
  await rig.server.kubectl(['delete', 'statefulset', 'shop-redis', '-n', namespace, '--wait=false']);
  await disturb(operator);
  process.kill(operator.pid, 'SIGCONT');
  await rig.server.kubectl(['delete', 'service', 'shop-gateway', '-n', namespace, '--wait=false']);
  const startedAt = performance.now();
  await waitForStack(rig.server, `${namespace}/shop`, ({ status }) => status?.observedGeneration === 2);
  await waitFor(
    'the deleted children are back',
    () => rig.server.kubectl(['get', 'statefulset/shop-redis', 'service/shop-gateway', '-n', namespace]),
    { timeoutMs: 60_000 },
  );
  t.log(`${namespace}: as wanted ${Math.round(performance.now() - startedAt)} ms after the last damage`);
  await rig.quiet(namespace);
  t.is(operator.logs.filter(({ msg }) => msg === 'unhandled rejection').length, 0);
  t.is(await operator.stop(), 0);
  return readEndState(rig.server, namespace);
}
