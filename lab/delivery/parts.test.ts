import test from 'ava';
import { componentTable } from './commands.ts';
import { podsInTrouble } from './diagnose.ts';
import { isUsable } from './helm.ts';
import { workloadsOf } from './load.ts';

test('pods in trouble are those not ready, most restarted first, without finished jobs', (t) => {
  const pod = (name: string, phase: string, restartCount: number, ready: boolean) => ({
    metadata: { name },
    status: { phase, containerStatuses: [{ name: 'main', ready, restartCount }] },
  });
  const pods = [
    pod('well', 'Running', 0, true),
    pod('starting', 'Running', 0, false),
    pod('crashing', 'Running', 4, false),
  ];
  t.deepEqual(podsInTrouble([...pods, pod('done', 'Succeeded', 0, false), { metadata: { name: 'new' } }]), [
    'crashing',
    'starting',
    'new',
  ]);
});

test('only Deployments that run a changed image are restarted, never the operator', (t) => {
  const deployment = (name: string, image: string) => ({
    metadata: { namespace: 'shop', name },
    spec: { template: { spec: { containers: [{ image: 'sidecar' }, { image }] } } },
  });
  const items = [
    deployment('shop-product', 'p:1'),
    deployment('shop-gateway', 'g:1'),
    deployment('ecommerce-operator', 'p:1'),
  ];
  t.deepEqual(workloadsOf(JSON.stringify({ items }), ['p:1']), [
    { namespace: 'shop', name: 'shop-product', image: 'p:1' },
  ]);
});

test('an old helm is passed over', (t) => {
  t.true(isUsable('v3.21.4+g1a2b3c4'));
  t.true(isUsable('v4.0.0'));
  t.false(isUsable('v3.9.0'));
  t.false(isUsable(''));
});

test('parts are shown in columns', (t) => {
  const table = componentTable([
    { name: 'postgres', state: 'Ready', version: '15.1', message: 'Up.' },
    { name: 'redis', state: 'Progressing' },
  ]);
  t.is(table, '  postgres  Ready        15.1  Up.\n  redis     Progressing  -');
});
