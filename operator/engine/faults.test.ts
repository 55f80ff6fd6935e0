import test from 'ava';
import type { Action, AnyComponent, Readiness } from '../components/contract.ts';
import { ForbiddenError, InvalidError } from '../kube/errors.ts';
import { annotations, labels } from '../objects/names.ts';
import { aCluster, aStack, change, conditionOf, key, signal, statusOf } from '../testing/engine-under-test.ts';
import type { FakeCluster } from '../testing/fake-cluster.ts';
import { aToy, type ToyObserved } from '../testing/toy-component.ts';
import { Engine } from './engine.ts';
import { operationDeadlineMs } from './operations.ts';
import { PassError } from './pass-error.ts';

const secretRef = { apiVersion: 'v1', kind: 'Secret', namespace: 'shop', name: 'shop-one-credentials' };

function dataOf(cluster: FakeCluster): unknown {
  return cluster.objects.get('v1/Secret shop/shop-one-credentials')?.['data'];
}

test('a deleted credential Secret comes back with the values it had', async (t) => {
  const { cluster, engine } = aCluster(aToy('one'));
  await engine.reconcile(key, signal);
  const before = dataOf(cluster);
  cluster.remove(secretRef);
  await engine.reconcile(key, signal);
  t.deepEqual(dataOf(cluster), before);
});

test('a key taken out of a credential Secret comes back with its value', async (t) => {
  const { cluster, engine } = aCluster(aToy('one'));
  await engine.reconcile(key, signal);
  const before = dataOf(cluster);
  const secret = cluster.objects.get('v1/Secret shop/shop-one-credentials');
  if (secret !== undefined) cluster.put({ ...secret, data: {} });
  await engine.reconcile(key, signal);
  t.deepEqual(dataOf(cluster), before);
});

test("the end of somebody else's object of the same name is waited for by repeating the pass", async (t) => {
  const { cluster, engine } = aCluster(aToy('one'));
  const metadata = { name: 'shop-one-b', namespace: 'shop', deletionTimestamp: '2026-01-01T00:00:00Z' };
  const ending = cluster.put({ apiVersion: 'v1', kind: 'ConfigMap', metadata, data: { mine: 'yes' } });
  await t.throwsAsync(engine.reconcile(key, signal), { instanceOf: PassError });
  t.deepEqual(cluster.objects.get('v1/ConfigMap shop/shop-one-b'), ending);
  t.is(conditionOf(cluster, 'Stalled'), undefined);
  cluster.remove({ apiVersion: 'v1', kind: 'ConfigMap', name: 'shop-one-b', namespace: 'shop' });
  await engine.reconcile(key, signal);
  t.is(cluster.objects.get('v1/ConfigMap shop/shop-one-b')?.metadata.deletionTimestamp, undefined);
  t.is(conditionOf(cluster, 'Ready')?.['status'], 'True');
});

test('when nobody knows the passwords of existing data any more, none are made up', async (t) => {
  const components = [aToy('one'), aToy('two')];
  const { cluster, engine } = aCluster(...components);
  await engine.reconcile(key, signal);
  cluster.remove(secretRef);
  await new Engine(cluster.ports({ components })).reconcile(key, signal);
  t.is(dataOf(cluster), undefined);
  t.like(conditionOf(cluster, 'Stalled'), { status: 'True', reason: 'CredentialsLost' });
  t.regex(conditionOf(cluster, 'Stalled')?.['message'] ?? '', /Restore the Secret from a backup/);
});

test("somebody else's object of the same name is neither changed nor owned", async (t) => {
  const { cluster, engine } = aCluster(aToy('one'), aToy('two'));
  const foreign = cluster.put({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'shop-one-b', namespace: 'shop', uid: 'foreign' },
    data: { mine: 'yes' },
  });
  await engine.reconcile(key, signal);
  t.deepEqual(cluster.objects.get('v1/ConfigMap shop/shop-one-b'), foreign);
  t.like(conditionOf(cluster, 'Stalled'), { status: 'True', reason: 'Conflict' });
  t.regex(conditionOf(cluster, 'Stalled')?.['message'] ?? '', /kubectl label configmap shop-one-b -n shop/);
  t.truthy(cluster.objects.get('v1/ConfigMap shop/shop-two-b'));
  // Handed over as the message says.
  cluster.put({
    ...foreign,
    metadata: {
      ...foreign.metadata,
      labels: { [labels.managedBy]: 'ecommerce-operator', [labels.stack]: 'shop' },
    },
  });
  await engine.reconcile(key, signal);
  t.like(conditionOf(cluster, 'Ready'), { status: 'True' });
});

test('a part that is refused for good does not hold up one that works', async (t) => {
  const refused = aToy('refused', {
    desired: () => {
      throw new InvalidError('no such field', { status: 422, reason: 'Invalid', operation: 'apply' });
    },
  });
  const forming = aToy('forming', {
    readiness: (): Readiness => ({ state: 'progressing', reason: 'Forming', message: 'forms', retryAfterMs: 5000 }),
  });
  const { engine } = aCluster(refused, forming);
  const error = await t.throwsAsync(engine.reconcile(key, signal), { instanceOf: PassError });
  t.is(error?.requeueAfterMs, 5000);
});

test('children of every part are on their way before any server is asked', async (t) => {
  const { cluster, engine } = aCluster(
    aToy('slow', {
      gather: (_stack, reader) => {
        t.truthy(cluster.objects.get('v1/ConfigMap shop/shop-last-a'));
        return Promise.resolve({ identity: reader.recorded.identity });
      },
    }),
    aToy('last', { dependsOn: ['slow'] }),
  );
  t.plan(1);
  await engine.reconcile(key, signal);
});

test('a change under pause=all is neither made nor claimed', async (t) => {
  const { cluster, engine } = aCluster(aToy('one'));
  await engine.reconcile(key, signal);
  const paused = { [annotations.pause]: 'all', [annotations.restart]: 'token' };
  change(cluster, { annotations: paused, spec: { version: '2.0.0' } });
  await engine.reconcile(key, signal);
  t.like(conditionOf(cluster, 'Ready'), { status: 'False' });
  t.regex(conditionOf(cluster, 'Ready')?.['message'] ?? '', /1 change waits until the annotation/);
  t.is(String(statusOf(cluster)['version']), '1.0.0');
  t.is(statusOf(cluster)['acknowledged'], undefined);
  change(cluster, { spec: { version: '2.0.0' } });
  await engine.reconcile(key, signal);
  t.is(String(statusOf(cluster)['version']), '2.0.0');
  t.true(cluster.events.some((event) => event.startsWith('Resumed')));
});

test('a restart is acknowledged when nothing is left to restart, not while a ready part waits for its turn', async (t) => {
  let isWaiting = true;
  const waiting = aToy('one', {
    actions: [
      {
        name: 'Roll',
        plan: () =>
          isWaiting ? { kind: 'blocked', blockedBy: 'oneAtATime', message: 'Another one restarts.' } : { kind: 'none' },
        execute: () => Promise.resolve(),
      },
    ],
  });
  const { cluster, engine } = aCluster(waiting);
  change(cluster, { annotations: { [annotations.restart]: 'token' } });
  await engine.reconcile(key, signal);
  t.is(conditionOf(cluster, 'Ready')?.['status'], 'True');
  t.is(statusOf(cluster)['acknowledged'], undefined);
  isWaiting = false;
  await engine.reconcile(key, signal);
  t.deepEqual(statusOf(cluster)['acknowledged'], { restart: 'token' });
});

const backup = { destination: { s3: { bucket: 'backups', credentialsSecretRef: { name: 's' } } } };

test("a corrected Secret of the user's is read within seconds while the stack waits for it, else once a minute", async (t) => {
  const users = { apiVersion: 'v1', kind: 'Secret', metadata: { namespace: 'shop', name: 'users-own' } };
  const seen: (string | undefined)[] = [];
  const { cluster, engine } = aCluster(
    aToy('one', {
      inputs: () => [{ name: 'users-own', keys: ['password'] }],
      gather: (_stack, reader) => {
        seen.push(reader.secret('users-own')?.['password']);
        return Promise.resolve({ identity: undefined });
      },
      readiness: (): Readiness =>
        seen.at(-1) === 'right'
          ? { state: 'ready', message: 'It works.' }
          : { state: 'failed', reason: 'Refused', message: 'Wrong.', terminal: false, retryAfterMs: 15_000 },
    }),
  );
  const write = (password: string) => cluster.put({ ...users, data: { password: btoa(password) } });
  const passAfter = async (seconds: number) => {
    cluster.now = new Date(cluster.now.getTime() + seconds * 1000);
    await engine.reconcile(key, signal);
    return seen.at(-1);
  };
  write('wrong');
  t.is(await passAfter(0), 'wrong');
  write('right');
  t.is(await passAfter(11), 'right');
  write('next');
  t.is(await passAfter(11), 'right');
  t.is(await passAfter(60), 'next');
});

test('what the manifest asks for and nobody builds is said in one condition and in the summary', async (t) => {
  const { cluster, engine } = aCluster(aToy('gateway'));
  change(cluster, {
    spec: { deletionPolicy: 'Snapshot', backup, services: { product: { rollout: { strategy: 'Canary' } } } },
  });
  await engine.reconcile(key, signal);
  const condition = conditionOf(cluster, 'NotImplemented');
  t.like(condition, { status: 'True', reason: 'NotImplemented' });
  for (const field of ['spec.services.user', 'spec.services.*.rollout.strategy', 'spec.deletionPolicy']) {
    t.true(condition?.['message']?.includes(field), field);
  }
  t.regex(conditionOf(cluster, 'Ready')?.['message'] ?? '', /it cannot build .*user/);
  t.like(conditionOf(cluster, 'ServicesReady'), { status: 'False', reason: 'NotImplemented' });
});

test('violations are cut to what the schema takes', async (t) => {
  const { cluster, engine } = aCluster(aToy('one'));
  const env = Object.fromEntries(
    Array.from({ length: 40 }, (_, index) => [`BAD NAME ${index} ${'x'.repeat(90)}`, 'v']),
  );
  change(cluster, { spec: { services: { gateway: { env } } } });
  await engine.reconcile(key, signal);
  t.like(conditionOf(cluster, 'Stalled'), { reason: 'SpecInvalid' });
  t.true(String(statusOf(cluster)['message']).length <= 2048);
});

function anActor(name: string, execute: Action<ToyObserved>['execute'], disruptive = true): AnyComponent {
  return aToy(name, {
    actions: [
      {
        name: 'Act',
        plan: () => ({ kind: 'step', step: { name: 'Step', message: 'acts', disruptive, details: {} } }),
        execute,
      },
    ],
  });
}

test('a long step goes on beside the next passes, alone, and its failure is told by one of them', async (t) => {
  const gate = Promise.withResolvers<void>();
  const begun: string[] = [];
  const slow = anActor('slow', () => {
    begun.push('slow');
    return gate.promise;
  });
  const other = anActor('other', () => {
    begun.push('other');
    return Promise.resolve();
  });
  const { cluster, engine } = aCluster(slow, other);
  await engine.reconcile(key, signal);
  cluster.remove({ apiVersion: 'v1', kind: 'ConfigMap', namespace: 'shop', name: 'shop-slow-b' });
  await engine.reconcile(key, signal);
  t.truthy(cluster.objects.get('v1/ConfigMap shop/shop-slow-b'));
  t.deepEqual(begun, ['slow'], 'a second disruptive step began while the first went on');
  gate.reject(new Error('the server hung up'));
  await gate.promise.catch(() => undefined);
  await new Promise(setImmediate);
  t.deepEqual(cluster.woken, [key]);
  await t.throwsAsync(engine.reconcile(key, signal), { message: /the server hung up/ });
});

test('an operation that stands still until its deadline stalls the stack, and says what holds it', async (t) => {
  const blocked = aToy('one', {
    actions: [
      {
        name: 'Roll',
        plan: () => ({ kind: 'blocked', blockedBy: 'replicasInSync', message: 'A replica lags.' }),
        execute: () => Promise.resolve(),
      },
    ],
  });
  const { cluster, engine } = aCluster(blocked);
  await engine.reconcile(key, signal);
  t.is(conditionOf(cluster, 'Stalled'), undefined);
  const writes = cluster.writes.length;
  cluster.now = new Date(cluster.now.getTime() + operationDeadlineMs - 1000);
  await engine.reconcile(key, signal);
  t.is(cluster.writes.length, writes, 'times moved by themselves');
  cluster.now = new Date(cluster.now.getTime() + 1000);
  await engine.reconcile(key, signal);
  t.like(conditionOf(cluster, 'Stalled'), { status: 'True', reason: 'OperationOverdue' });
  t.regex(conditionOf(cluster, 'Stalled')?.['message'] ?? '', /one: Roll .* blocked by replicasInSync: A replica lags/);
  t.is(conditionOf(cluster, 'Reconciling'), undefined);
});

test('under Delete the pods end before the data goes, and what the servers left goes with it', async (t) => {
  const leftover = { apiVersion: 'v1', kind: 'ConfigMap', namespace: 'shop', name: 'shop-one-leader' };
  const { cluster, engine } = aCluster(aToy('one', { leftovers: () => [leftover] }));
  change(cluster, { spec: { deletionPolicy: 'Delete', deletionConfirmation: 'shop' } });
  await engine.reconcile(key, signal);
  const own = { [labels.managedBy]: 'ecommerce-operator', [labels.stack]: 'shop' };
  const metadata = { namespace: 'shop', labels: own };
  const ownerReferences = [{ apiVersion: 'v1', kind: 'X', name: 'shop', uid: 'stack-uid', controller: true }];
  const { name, namespace, apiVersion, kind } = leftover;
  cluster.put({ apiVersion, kind, metadata: { name, namespace } });
  cluster.put({ apiVersion: 'apps/v1', kind: 'StatefulSet', metadata: { ...metadata, ownerReferences, name: 'set' } });
  cluster.put({ apiVersion: 'v1', kind: 'Pod', metadata: { ...metadata, name: 'set-0' } });
  const stack = cluster.stack(key);
  t.truthy(stack);
  cluster.put({
    ...aStack({ spec: { deletionPolicy: 'Delete', deletionConfirmation: 'shop' } }),
    metadata: {
      ...aStack().metadata,
      finalizers: ['ecommerce.stack/data'],
      deletionTimestamp: cluster.now.toISOString(),
    },
  });
  const waiting = await engine.reconcile(key, signal);
  t.is(waiting.requeueAfterMs, 1000);
  t.is(cluster.objects.get('apps/v1/StatefulSet shop/set'), undefined);
  t.truthy(dataOf(cluster));
  cluster.remove({ apiVersion: 'v1', kind: 'Pod', namespace: 'shop', name: 'set-0' });
  await engine.reconcile(key, signal);
  t.is(dataOf(cluster), undefined);
  t.is(cluster.objects.get('v1/ConfigMap shop/shop-one-leader'), undefined);
});

test('a step that the API server refuses is not repeated in every pass, and the part is not Ready', async (t) => {
  let asked = 0;
  const growing = anActor(
    'one',
    () => {
      asked += 1;
      const details = { status: 403, reason: 'Forbidden', operation: 'patch PersistentVolumeClaim' };
      return Promise.reject(new ForbiddenError('the storage class must support resize', details));
    },
    false,
  );
  const { cluster, engine } = aCluster(growing);
  await t.throwsAsync(engine.reconcile(key, signal));
  await engine.reconcile(key, signal);
  await engine.reconcile(key, signal);
  t.is(asked, 1);
  t.like(conditionOf(cluster, 'Ready'), { status: 'False' });
  t.regex(conditionOf(cluster, 'Ready')?.['message'] ?? '', /Act was refused .* must support resize. Allow it/);
  cluster.now = new Date(cluster.now.getTime() + 600_000);
  await t.throwsAsync(engine.reconcile(key, signal));
  t.is(asked, 2);
});
