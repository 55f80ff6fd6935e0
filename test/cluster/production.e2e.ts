import test, { type ExecutionContext } from 'ava';
import { waitFor } from '../../lab/control-plane/wait.ts';
import type { EcommerceStackSpec } from '../../operator/api/v1beta1/ecommerce-stack.ts';
import { LabWriter } from '../support/lab-writer.ts';
import { listObjects } from '../support/read-objects.ts';
import type { ShopClient } from '../support/shop-client.ts';
import { namespace, ShopCluster } from '../support/shop-cluster.ts';
import { ShopReader } from '../support/shop-reader.ts';
import { findLost, ShopWriter, type WriteRecord } from '../support/shop-writer.ts';
import { conditionOf } from '../support/stacks.ts';

const small = { requests: { cpu: '20m', memory: '96Mi' }, limits: { cpu: '2', memory: '384Mi' } };

const services = ['cart', 'gateway', 'inventory', 'product', 'search', 'user'];

/** Autoscalers judge by the request: it is more than a service takes while nothing happens, and two cores carry few pods. */
const service = {
  resources: { requests: { cpu: '40m', memory: '96Mi' }, limits: { cpu: '2', memory: '384Mi' } },
  autoscaling: { maxReplicas: 3 },
};

/** The production shape with requests that fit one small machine. */
const production: Partial<EcommerceStackSpec> = {
  profile: 'Production',
  postgres: { resources: small, storage: { size: '1Gi' } },
  redis: { resources: small, storage: { size: '1Gi' } },
  kafka: {
    resources: { requests: { cpu: '50m', memory: '512Mi' }, limits: { cpu: '2', memory: '768Mi' } },
    storage: { size: '1Gi' },
  },
  elasticsearch: {
    heapSize: '300m',
    resources: { requests: { cpu: '50m', memory: '640Mi' }, limits: { cpu: '2', memory: '900Mi' } },
    storage: { size: '1Gi' },
  },
  services: Object.fromEntries(services.map((name) => [name, service])),
};

/** The same with another request of Redis' pods: their template changes. */
const rolledRedis: Partial<EcommerceStackSpec> = {
  ...production,
  redis: { ...production.redis, resources: { ...small, requests: { ...small.requests, cpu: '25m' } } },
};

let lab: ShopCluster;

test.before(async () => {
  lab = await ShopCluster.start();
});

test.after.always(async () => {
  await lab?.[Symbol.asyncDispose]();
});

test.serial('the production shape becomes Ready with replicas, autoscalers and budgets', async (t) => {
  const began = performance.now();
  const stack = await lab.ready('shop', production);
  t.log(`Ready after ${((performance.now() - began) / 1000).toFixed(1)} s`);
  t.is((await lab.pods('postgres')).length, 3);
  t.is((await lab.pods('redis')).length, 6);
  t.is((await lab.pods('kafka')).length, 3);
  t.is(conditionOf(stack, 'HighAvailability')?.message.includes('postgres'), false);
  t.is(stack.status?.services, '6/9');
  for (const name of services.map((one) => `shop-${one}`)) {
    const autoscaler = JSON.parse(await lab.kubectl('get', 'hpa', name, '-n', namespace, '-o', 'json'));
    t.is(autoscaler.spec.scaleTargetRef.name, name);
    await lab.kubectl('get', 'poddisruptionbudget', name, '-n', namespace);
  }
});

test.serial('a PostgreSQL leader killed under writes loses no acknowledged write', async (t) => {
  const { visitor, admin } = await lab.shop('shop');
  const writer = startWriter(t, admin, 1);
  await waitFor('some writes', async () => writer.acknowledged > 30, { timeoutMs: 60_000 });
  const leader = await waitFor('a leader', () => lab.postgresLeader(), { timeoutMs: 30_000 });
  const began = performance.now();
  await lab.kubectl('delete', 'pod', leader.name, '-n', namespace, '--force', '--grace-period=0');
  // A pod of the same name that is back before its lease is over goes on as the leader.
  const isNew = async () => ![undefined, leader.uid].includes((await lab.postgresLeader())?.uid);
  await waitFor('a leader that was not killed', isNew, { timeoutMs: 90_000 });
  const moved = performance.now() - began;
  const after = writer.acknowledged;
  await waitFor('writes go on', async () => writer.acknowledged > after + 30, { timeoutMs: 90_000 });
  const record = await writer.stop();
  await lab.becomesReady('shop');
  t.log(`a leader again after ${Math.round(moved)} ms; ${describeWrites(record)}`);
  t.deepEqual(await findLost(visitor, record.acknowledged), []);
});

test.serial('a PostgreSQL replica killed under writes loses no acknowledged write', async (t) => {
  const { visitor, admin } = await lab.shop('shop');
  const writer = startWriter(t, admin, 50_000);
  await waitFor('some writes', async () => writer.acknowledged > 30, { timeoutMs: 60_000 });
  const leader = await waitFor('a leader', () => lab.postgresLeader(), { timeoutMs: 30_000 });
  const replica = (await lab.pods('postgres')).find((name) => name !== leader.name) ?? '';
  await lab.kubectl('delete', 'pod', replica, '-n', namespace, '--force', '--grace-period=0');
  const after = writer.acknowledged;
  await waitFor('writes go on', async () => writer.acknowledged > after + 30, { timeoutMs: 90_000 });
  await lab.becomesReady('shop');
  t.is((await lab.postgresLeader())?.uid, leader.uid, 'the leader stays');
  const record = await writer.stop();
  t.log(describeWrites(record));
  t.deepEqual(await findLost(visitor, record.acknowledged), []);
});

test.serial(
  'all Redis pods killed at once: the shop goes on answering, and nothing acknowledged is lost',
  async (t) => {
    const { visitor } = await lab.shop('shop');
    const writer = await startRedisWriter(t);
    const reader = new ShopReader(visitor, '/api/v1/products?limit=1');
    t.teardown(async () => void (await reader.stop()));
    const began = performance.now();
    await lab.kubectl('delete', 'pods', '-n', namespace, '--force', '--grace-period=0', ...(await lab.pods('redis')));
    await waitFor(
      'the stack notices',
      async () => conditionOf(await lab.stack('shop'), 'RedisReady')?.status === 'False',
      { timeoutMs: 30_000 },
    );
    await lab.becomesReady('shop');
    const { reads, failures } = await reader.stop();
    t.log(`Ready again after ${((performance.now() - began) / 1000).toFixed(1)} s`);
    // Six servers that start at once leave the two processors of a small machine little: what waits too long is refused then.
    t.true(
      failures.length <= 0.1 * reads,
      `${failures.length} of ${reads} reads failed: ${failures.slice(0, 5).join('; ')}`,
    );
    t.log(`${reads} reads, failed: ${failures.slice(0, 3).join('; ') || 'none'}`);
    const { lost, ...record } = await writer.stop();
    t.log(JSON.stringify(record));
    t.deepEqual(lost, []);
  },
);

test.serial('a change of its resources rolls Redis, replicas first, without losing a write', async (t) => {
  const writer = await startRedisWriter(t);
  const before = await writer.acknowledged();
  const began = performance.now();
  await lab.ready('shop', rolledRedis, 400_000);
  t.log(`rolled in ${((performance.now() - began) / 1000).toFixed(1)} s`);
  const after = await writer.acknowledged();
  t.true(after > before, `${before} writes were acknowledged before, ${after} are now`);
  const pods = (await listObjects(lab.cluster, namespace, 'pods')).filter(({ metadata }) =>
    metadata.name.startsWith('shop-redis-'),
  );
  t.is(new Set(pods.map(({ metadata }) => metadata.labels?.['controller-revision-hash'])).size, 1);
  const { lost, ...record } = await writer.stop();
  t.log(JSON.stringify(record));
  t.deepEqual(lost, []);
});

test.serial('every pod of the production shape is within what it may take', async (t) => {
  const lines = async () => (await lab.kubectl('top', 'pods', '-n', namespace, '--no-headers')).trim().split('\n');
  const wanted = (await listObjects(lab.cluster, namespace, 'pods')).filter(
    ({ metadata }) => metadata.deletionTimestamp === undefined && metadata.labels?.['job-name'] === undefined,
  );
  const isMeasured = async () => {
    const measured = await lines();
    return wanted.every(({ metadata: { name } }) => measured.some((line) => line.startsWith(`${name} `)));
  };
  await waitFor('figures of every pod', isMeasured, { timeoutMs: 120_000, intervalMs: 2000 });
  t.log(`\n${(await lines()).join('\n')}`);
  const restarts = ['-o', 'jsonpath={.items[*].status.containerStatuses[*].lastState.terminated.reason}'];
  t.notRegex(await lab.kubectl('get', 'pods', '-n', namespace, ...restarts), /OOMKilled/);
});

test.serial('a parameter that needs a restart rolls PostgreSQL without losing a write', async (t) => {
  const { visitor, admin } = await lab.shop('shop');
  const writer = startWriter(t, admin, 100_000);
  const spec = { ...rolledRedis, postgres: { ...production.postgres, parameters: { max_connections: '180' } } };
  await lab.ready('shop', spec, 400_000);
  const record = await writer.stop();
  t.log(describeWrites(record));
  t.deepEqual(await findLost(visitor, record.acknowledged), []);
});

async function startRedisWriter(t: ExecutionContext): Promise<LabWriter> {
  const secret = 'shop-redis-connection';
  const writer = await LabWriter.start(lab.cluster, { program: 'redis-writer-main.ts', namespace, secret });
  t.teardown(async () => void (await writer.stop()));
  await waitFor('some writes', async () => (await writer.acknowledged()) > 100, { timeoutMs: 60_000 });
  return writer;
}

function describeWrites({ acknowledged, attempts, longestGapMs }: WriteRecord): string {
  return `${acknowledged.length} acknowledged of ${attempts} attempts, longest gap ${longestGapMs} ms`;
}

/** A writer that also ends when the test fails: one that goes on would keep the test's process from its end. */
function startWriter(t: ExecutionContext, admin: ShopClient, first: number): ShopWriter {
  const writer = new ShopWriter(admin, first);
  t.teardown(() => writer.stop());
  return writer;
}
