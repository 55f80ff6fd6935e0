import test from 'ava';
import type { JsonObject } from '../../api/kubernetes.ts';
import { labels } from '../../objects/names.ts';
import { aCompleteStack } from '../../testing/complete.ts';
import { aLive } from '../../testing/live.ts';
import { serviceCatalog } from './catalog.ts';
import { type ObservedService, runningVersion } from './gather.ts';
import { judgeService } from './readiness.ts';
import { retryMigration } from './retry-migration.ts';

const gateway = serviceCatalog.find(({ name }) => name === 'gateway');
const product = serviceCatalog.find(({ name }) => name === 'product');

function judge(observed: Partial<ObservedService>, definition = gateway) {
  if (definition === undefined) {
    throw new Error('the catalog has no such service');
  }
  return judgeService(
    { deployment: undefined, autoscaler: undefined, pods: [], migration: undefined, waiting: undefined, ...observed },
    definition,
    aCompleteStack(),
  );
}

const done = { observedGeneration: 1, specReplicas: 1, replicas: 1, updatedReplicas: 1, availableReplicas: 1 };

function deployment(status: JsonObject, generation = 1) {
  return aLive('Deployment', 'shop-gateway', { generation, status });
}

test('all pods of the wanted template available is ready', (t) => {
  t.is(judge({ deployment: deployment(done) }).state, 'ready');
});

test('a service that waits for its turn says whose it is, and is looked at again soon', (t) => {
  const deployed = deployment(done);
  const waiting = { ref: deployed.ref, reason: 'WaitingForTurn', message: 'user goes first.' };
  t.like(judge({ deployment: deployed, waiting }), {
    state: 'progressing',
    reason: 'WaitingForTurn',
    message: 'user goes first.',
    retryAfterMs: 5000,
  });
});

test('a change that the controller has not seen is not ready', (t) => {
  t.like(judge({ deployment: deployment(done, 2) }), { state: 'progressing', reason: 'Updating' });
});

test('old pods beside new ones are a rollout', (t) => {
  const status = { ...done, specReplicas: 3, replicas: 4, updatedReplicas: 2, availableReplicas: 4 };
  const verdict = judge({ deployment: deployment(status) });
  t.like(verdict, { state: 'progressing', reason: 'RollingOut' });
  t.regex(verdict.message, /^2 of 3 pods run the wanted template, and 2 of the last one are still there\.$/);
});

test('a rollout past its deadline fails with the reason, but a person is not needed', (t) => {
  const conditions = [
    { type: 'Progressing', status: 'False', reason: 'ProgressDeadlineExceeded', message: 'timed out.' },
  ];
  const verdict = judge({ deployment: deployment({ ...done, updatedReplicas: 0, conditions }) });
  t.like(verdict, { state: 'failed', reason: 'RolloutStuck', terminal: false });
});

test('a failed migration needs a person and says how to go on', (t) => {
  const migration = aLive('Job', 'shop-product-migrate-1', { status: { failedReason: 'BackoffLimitExceeded' } });
  const verdict = judge({ migration, deployment: deployment(done) });
  t.like(verdict, { state: 'failed', reason: 'MigrationFailed', terminal: true });
  t.regex(verdict.message, /kubectl logs job\/shop-product-migrate-1/);
});

test('a missing pod of a finished rollout is not ready', (t) => {
  t.like(judge({ deployment: deployment({ ...done, availableReplicas: 0 }) }), { reason: 'PodsNotReady' });
});

test('an autoscaler that is still there keeps a fixed number from being reached', (t) => {
  const autoscaler = aLive('HorizontalPodAutoscaler', 'shop-gateway', { deleting: true });
  const verdict = judge({ deployment: deployment(done), autoscaler });
  t.like(verdict, { state: 'progressing', reason: 'Scaling' });
  t.regex(verdict.message, /shop-gateway still owns .* there will be 1\.$/);
});

test('a Deployment of the last version is not ready while the migration of the next is still to come', (t) => {
  t.like(judge({ deployment: deployment(done) }, product), { state: 'progressing', reason: 'WaitingForMigration' });
});

test('a migration that ran out of time is begun anew and needs nobody', (t) => {
  const migration = aLive('Job', 'shop-product-migrate-1', { status: { failedReason: 'DeadlineExceeded' } });
  t.like(judge({ migration, deployment: deployment(done) }, product), { state: 'progressing', reason: 'Migrating' });
  const plan = retryMigration.plan(
    { migration, deployment: undefined, autoscaler: undefined, pods: [], waiting: undefined },
    aCompleteStack(),
  );
  t.like(plan, { kind: 'step', step: { target: 'shop-product-migrate-1', disruptive: false } });
});

test('the version is that of the pods that run, and none while they differ', (t) => {
  const pod = (name: string, version: string) =>
    aLive('Pod', name, { labels: { [labels.name]: 'product', [labels.version]: version } });
  const observed = { deployment: undefined, autoscaler: undefined, migration: undefined, waiting: undefined };
  const [one, two] = [pod('a', '1.0.0'), pod('b', '2.0.0')];
  t.truthy(product);
  if (product === undefined) return;
  t.is(runningVersion({ ...observed, pods: [one] }, product), '1.0.0');
  t.is(runningVersion({ ...observed, pods: [one, two] }, product), undefined);
});
