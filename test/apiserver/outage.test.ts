import test from 'ava';
import { waitFor } from '../../lab/control-plane/wait.ts';
import { OperatorRig } from '../support/operator-rig.ts';

test('a stack survives the loss of the API server', async (t) => {
  const rig = await OperatorRig.start();
  t.teardown(() => rig.stop());
  const operator = await rig.withStack(t, 'outage');
  const { server } = rig;
  await server.stopProgram('kube-apiserver');
  await waitFor(
    'the operator notices',
    async () => operator.logs.some(({ level }) => level === 'warn' || level === 'error'),
    { timeoutMs: 30_000 },
  );
  await server.startProgram('kube-apiserver');
  await server.kubectl(['delete', 'service', 'shop-gateway', '-n', 'outage', '--wait=false']);
  await waitFor('the Service is back', () => server.kubectl(['get', 'service', 'shop-gateway', '-n', 'outage']), {
    timeoutMs: 60_000,
  });
  t.is(operator.logs.filter(({ msg }) => msg === 'unhandled rejection').length, 0);
});
