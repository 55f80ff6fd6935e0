import test from 'ava';
import type { JsonObject } from '../../api/kubernetes.ts';
import { aCompleteStack } from '../../testing/complete.ts';
import { aLive } from '../../testing/live.ts';
import { serviceCatalog } from './catalog.ts';
import type { ObservedService } from './gather.ts';
import { judgeService } from './readiness.ts';

const gateway = serviceCatalog.find(({ name }) => name === 'gateway') ?? serviceCatalog[0];

function judge(observed: Partial<ObservedService>) {
  if (gateway === undefined) {
    throw new Error('the catalog is empty');
  }
  return judgeService(
    { deployment: undefined, pods: [], migration: undefined, ...observed },
    gateway,
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

test('a change that the controller has not seen is not ready', (t) => {
  t.like(judge({ deployment: deployment(done, 2) }), { state: 'progressing', reason: 'Updating' });
});

test('old pods beside new ones are a rollout', (t) => {
  const status = { ...done, specReplicas: 3, replicas: 4, updatedReplicas: 2, availableReplicas: 4 };
  t.like(judge({ deployment: deployment(status) }), { state: 'progressing', reason: 'RollingOut' });
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
