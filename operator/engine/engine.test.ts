import test from 'ava';
import type { KubernetesObject } from '../api/kubernetes.ts';
import { annotations } from '../objects/names.ts';
import { aCluster, aStack, conditionOf, key, signal, statusOf } from '../testing/engine-under-test.ts';
import { FakeCluster } from '../testing/fake-cluster.ts';
import { aToy, toyObjects } from '../testing/toy-component.ts';
import { Engine } from './engine.ts';

test('a new stack is made with one write of its status, which is the last one', async (t) => {
  const { cluster, engine } = aCluster(aToy('one'));
  await engine.reconcile(key, signal);
  const statusWrites = cluster.writes.filter((write) => write.startsWith('status '));
  t.deepEqual(statusWrites, ['status EcommerceStack shop']);
  t.is(cluster.writes.at(-1), 'status EcommerceStack shop');
  t.is(conditionOf(cluster, 'Ready')?.['status'], 'True');
});

test('the second pass over an unchanged stack writes nothing, nor does a restarted operator', async (t) => {
  const components = [aToy('one'), aToy('two')];
  const { cluster, engine } = aCluster(...components);
  await engine.reconcile(key, signal);
  await engine.reconcile(key, signal);
  const before = cluster.writes.length;
  await engine.reconcile(key, signal);
  await new Engine(cluster.ports({ components })).reconcile(key, signal);
  t.deepEqual(cluster.writes.slice(before), []);
});

test('one changed field is one child write and one status write', async (t) => {
  const { cluster, engine } = aCluster(aToy('one'), aToy('two', { desired: () => ({ objects: [], held: [] }) }));
  await engine.reconcile(key, signal);
  await engine.reconcile(key, signal);
  const before = cluster.writes.length;
  const stack = cluster.stack(key);
  cluster.put({
    ...aStack({ spec: { version: '2.0.0' } }),
    status: stack?.['status'],
    metadata: { ...aStack().metadata, generation: 2 },
  });
  await engine.reconcile(key, signal);
  t.deepEqual(cluster.writes.slice(before), ['apply ConfigMap shop-one-a', 'status EcommerceStack shop']);
});

test('an object that somebody edits or deletes is put back', async (t) => {
  const { cluster, engine } = aCluster(aToy('one'));
  await engine.reconcile(key, signal);
  const b = { apiVersion: 'v1', kind: 'ConfigMap', namespace: 'shop', name: 'shop-one-b' };
  const live = cluster.objects.get('v1/ConfigMap shop/shop-one-b');
  cluster.put({ ...(live as KubernetesObject), data: { value: 'edited' } });
  await engine.reconcile(key, signal);
  t.deepEqual(cluster.objects.get('v1/ConfigMap shop/shop-one-b')?.['data'], { value: 'b' });
  cluster.remove(b);
  await engine.reconcile(key, signal);
  t.truthy(cluster.live(b));
  t.true(cluster.events.some((event) => event.startsWith('Repaired: ConfigMap shop-one-b')));
});

test('objects that nobody wants any more are pruned, unless a component could not say what it wants', async (t) => {
  let objects: 'all' | 'one' | 'broken' = 'all';
  const toy = aToy('one', {
    desired: (stack) => {
      if (objects === 'broken') {
        throw new Error('cannot render');
      }
      return { objects: toyObjects(stack, 'one').slice(0, objects === 'all' ? 3 : 1), held: [] };
    },
  });
  const { cluster, engine } = aCluster(toy);
  await engine.reconcile(key, signal);
  objects = 'broken';
  await t.throwsAsync(engine.reconcile(key, signal), { message: /cannot render/ });
  t.truthy(cluster.objects.get('v1/ConfigMap shop/shop-one-c'));
  objects = 'one';
  await engine.reconcile(key, signal);
  t.is(cluster.objects.get('v1/ConfigMap shop/shop-one-c'), undefined);
  t.truthy(cluster.objects.get('v1/Secret shop/shop-one-credentials'));
});

test('a component that fails does not stop an independent one, and the status says which', async (t) => {
  const broken = aToy('broken', { gather: () => Promise.reject(new Error('the server is away')) });
  const { cluster, engine } = aCluster(broken, aToy('works'));
  await t.throwsAsync(engine.reconcile(key, signal), { message: 'the server is away' });
  t.truthy(cluster.objects.get('v1/ConfigMap shop/shop-works-a'));
  t.like(conditionOf(cluster, 'Ready'), {
    status: 'False',
    reason: 'PartsFailed',
    message: 'broken: the server is away',
  });
});

test('a component that waits for another one names it', async (t) => {
  const first = aToy('first', {
    readiness: () => ({ state: 'progressing', reason: 'Starting', message: 'It starts.', retryAfterMs: 1000 }),
  });
  const second = aToy('second', {
    dependsOn: ['first'],
    readiness: () => ({ state: 'progressing', reason: 'PodsNotReady', message: 'no pods', retryAfterMs: 1000 }),
  });
  const { cluster, engine } = aCluster(second, first);
  const { requeueAfterMs } = await engine.reconcile(key, signal);
  const components: { name: string; state: string; message: string }[] = statusOf(cluster)['components'] ?? [];
  t.like(
    components.find(({ name }) => name === 'second'),
    { state: 'Waiting', message: 'Waits for first: It starts.' },
  );
  t.is(requeueAfterMs, 1000);
});

test('a manifest that breaks a rule stalls the stack and changes nothing else', async (t) => {
  const { cluster, engine } = aCluster(aToy('one'));
  await engine.reconcile(key, signal);
  const before = cluster.writes.length;
  cluster.put({
    ...aStack({ spec: { version: '2.0.0', redis: { shards: 1 } } }),
    status: cluster.stack(key)?.['status'],
  });
  await engine.reconcile(key, signal);
  t.deepEqual(cluster.writes.slice(before), ['status EcommerceStack shop']);
  t.like(conditionOf(cluster, 'Stalled'), { status: 'True', reason: 'SpecInvalid' });
  t.regex(conditionOf(cluster, 'Stalled')?.['message'] ?? '', /shards/);
  t.is(conditionOf(cluster, 'ServicesReady')?.['reason'], 'NotImplemented');
});

test('pause=all writes the status only', async (t) => {
  const cluster = new FakeCluster();
  cluster.put(aStack({ annotations: { [annotations.pause]: 'all' } }));
  await new Engine(cluster.ports({ components: [aToy('one')] })).reconcile(key, signal);
  t.true(cluster.writes.every((write) => write.startsWith('status ')));
  t.is(conditionOf(cluster, 'Paused')?.['reason'], 'PausedAll');
});

test('at most one disruptive step is executed per pass, harmless ones together', async (t) => {
  const executed: string[] = [];
  const acting = (name: string, disruptive: boolean) =>
    aToy(name, {
      actions: [
        {
          name: 'Act',
          plan: () => ({ kind: 'step', step: { name: 'Step', message: 'acts', disruptive, details: {} } }),
          execute: () => {
            executed.push(name);
            return Promise.resolve();
          },
        },
      ],
    });
  const { cluster, engine } = aCluster(
    acting('h1', false),
    acting('d1', true),
    acting('d2', true),
    acting('h2', false),
  );
  await engine.reconcile(key, signal);
  t.deepEqual(executed, ['h1', 'h2', 'd1']);
  const operations: { component: string }[] = statusOf(cluster)['operations'] ?? [];
  t.is(operations.length, 4);
});

test('credentials are generated once and adopted by a later stack of the same name', async (t) => {
  const components = [aToy('one')];
  const { cluster, engine } = aCluster(...components);
  await engine.reconcile(key, signal);
  const secret = cluster.objects.get('v1/Secret shop/shop-one-credentials');
  cluster.remove({ apiVersion: 'ecommerce.stack/v1beta1', kind: 'EcommerceStack', namespace: 'shop', name: 'shop' });
  await engine.reconcile(key, signal);
  cluster.put({ ...aStack(), metadata: { ...aStack().metadata, uid: 'another' } });
  await engine.reconcile(key, signal);
  t.deepEqual(cluster.objects.get('v1/Secret shop/shop-one-credentials')?.['data'], secret?.['data']);
  t.is(secret?.metadata.ownerReferences, undefined);
  t.true(cluster.events.some((event) => event.startsWith('Adopted: ') && event.includes('shop-one-credentials')));
  t.is(
    cluster.live({ apiVersion: 'v1', kind: 'Secret', namespace: 'shop', name: 'shop-one-credentials' })?.identity,
    'identity-of-one',
  );
});

test('two components that share a credential Secret create it once', async (t) => {
  const shared = () => [{ name: 'shop-shared', keys: { password: { kind: 'password' as const, length: 24 } } }];
  const { cluster, engine } = aCluster(aToy('one', { credentials: shared }), aToy('two', { credentials: shared }));
  await engine.reconcile(key, signal);
  t.is(cluster.writes.filter((write) => write === 'create Secret shop-shared').length, 1);
});

test('a failure that comes and goes is one Event until the component is ready again', async (t) => {
  const states = ['failed', 'progressing', 'failed', 'ready', 'failed'] as const;
  let pass = 0;
  const toy = aToy('one', {
    readiness: () => {
      const state = states[pass] ?? 'ready';
      return { state, reason: 'PodCrashing', message: `pass ${pass}`, terminal: false, retryAfterMs: 1000 };
    },
  });
  const { cluster, engine } = aCluster(toy);
  for (; pass < states.length; pass += 1) {
    await engine.reconcile(key, signal);
  }
  const failures = cluster.events.filter((event) => event.startsWith('ComponentFailed'));
  t.deepEqual(failures, ['ComponentFailed: one: pass 0', 'ComponentFailed: one: pass 4']);
});

test('an operator killed at any write ends in the same state', async (t) => {
  const components = [aToy('one'), aToy('two', { dependsOn: ['one'] })];
  const undisturbed = aCluster(...components);
  await undisturbed.engine.reconcile(key, signal);
  await undisturbed.engine.reconcile(key, signal);
  const writes = undisturbed.cluster.writes.length;
  t.true(writes > 8);
  for (let killedAt = 1; killedAt <= writes; killedAt += 1) {
    const { cluster, engine } = aCluster(...components);
    cluster.beforeWrite = (count) => {
      if (count >= killedAt) {
        throw new Error('killed');
      }
    };
    await t.throwsAsync(engine.reconcile(key, signal).then(() => engine.reconcile(key, signal)));
    cluster.beforeWrite = () => undefined;
    const restarted = new Engine(cluster.ports({ components }));
    await restarted.reconcile(key, signal);
    await restarted.reconcile(key, signal);
    const { cluster: wanted } = undisturbed;
    t.is(withoutPasswords(cluster), withoutPasswords(wanted), `killed at write ${killedAt}`);
  }
});

function withoutPasswords(cluster: FakeCluster): string {
  return cluster.snapshot().replaceAll(/"password":"[^"]+"/g, '"password":"…"');
}
