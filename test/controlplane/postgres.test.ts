import { setTimeout as delay } from 'node:timers/promises';
import test, { type ExecutionContext } from 'ava';
import type { EcommerceStackSpec } from '../../operator/api/v1beta1/ecommerce-stack.ts';
import { missingForPostgres, onlyProduct, PostgresRig } from '../support/postgres-rig.ts';
import { serialUnless } from '../support/serial-unless.ts';
import { Writer } from '../support/writer.ts';

// One stack through its life, in this order: each test begins where the one before ended.
let rig: PostgresRig;
const missing = await missingForPostgres();
const serial = serialUnless(missing);

const resources = { requests: { cpu: '50m', memory: '128Mi' }, limits: { memory: '256Mi' } };
type PostgresSpec = NonNullable<EcommerceStackSpec['postgres']>;
let spec: PostgresSpec = { resources };

test.before(async () => {
  if (missing === undefined) {
    rig = await PostgresRig.start();
  }
});

test.after.always(async () => {
  await rig?.[Symbol.asyncDispose]();
});

/** Changes the manifest and waits for PostgreSQL to be ready again. */
async function change(patch: Partial<PostgresSpec>, annotations: Readonly<Record<string, string>> = {}) {
  spec = { ...spec, ...patch };
  await rig.apply({ postgres: spec }, annotations);
  return rig.waitForPostgres(({ state }) => state === 'Ready');
}

async function tenant() {
  const secret = 'shop-postgres-connection-product';
  const secretOf = (key: string) => rig.secret(secret, key);
  return {
    user: await secretOf('username'),
    password: await secretOf('password'),
    database: await secretOf('database'),
  };
}

/** A writer that is the product service; it follows the leader's label, as the `-rw` Service does. */
async function startWriter(t: ExecutionContext): Promise<Writer> {
  const find = async () => {
    const leader = await rig.leader();
    return leader === undefined ? undefined : rig.address(leader);
  };
  const writer = new Writer(find, await tenant());
  t.teardown(() => writer.finish());
  await writer.start();
  return writer;
}

async function lost(acknowledged: readonly number[]): Promise<readonly number[]> {
  const leader = (await rig.leader()) ?? '';
  const rows = await rig.query(leader, 'select id::int from written', 'product_db');
  const kept = new Set(rows.map(({ id }) => id));
  return acknowledged.filter((id) => !kept.has(id));
}

async function startTimes(): Promise<Readonly<Record<string, string>>> {
  const names = (await rig.pods()).map(({ metadata }) => metadata.name);
  const times = await Promise.all(
    names.map(async (name) => {
      const [row] = await rig.query(name, 'select pg_postmaster_start_time()::text as at');
      return [name, String(row?.['at'])] as const;
    }),
  );
  return Object.fromEntries(times);
}

async function podUids(): Promise<Readonly<Record<string, string>>> {
  return Object.fromEntries((await rig.pods()).map(({ metadata }) => [metadata.name, metadata.uid ?? '']));
}

serial('one instance becomes ready, with a role and a database for the service', async (t) => {
  const component = await change({});
  t.regex(component.version ?? '', /^15\./);
  t.regex(component.identity ?? '', /^\d+$/);
  const login = await tenant();
  const rows = await rig.queryAs('shop-postgres-0', login, 'select current_user as me, current_database() as db');
  t.deepEqual(rows, [{ me: 'product', db: 'product_db' }]);
  const [checksums] = await rig.query('shop-postgres-0', 'show data_checksums');
  t.deepEqual(checksums, { data_checksums: 'on' });
  t.regex((await rig.stack()).status?.guarantees?.['postgres'] ?? '', /One instance/);
});

serial('a stack that is ready and unchanged is left alone', async (t) => {
  const before = await rig.versions();
  await delay(5_000);
  t.deepEqual(await rig.versions(), before);
});

serial('replicas are cloned and stream', async (t) => {
  await change({ readReplicas: 2 });
  const leader = (await rig.leader()) ?? '';
  const rows = await rig.query(leader, 'select count(*)::int as n from pg_stat_replication');
  t.deepEqual(rows, [{ n: 2 }]);
});

serial('a parameter that a reload brings in restarts nothing', async (t) => {
  const before = await startTimes();
  await change({ parameters: { work_mem: '7MB' } });
  for (const name of Object.keys(before)) {
    t.deepEqual(await rig.query(name, 'show work_mem'), [{ work_mem: '7MB' }]);
  }
  t.deepEqual(await startTimes(), before);
});

serial('a parameter that needs a restart reaches every server, raised as well as lowered', async (t) => {
  for (const wanted of ['230', '210']) {
    const uids = await podUids();
    await change({ parameters: { max_connections: wanted } });
    for (const name of Object.keys(uids)) {
      t.deepEqual(await rig.query(name, 'show max_connections'), [{ max_connections: wanted }]);
      t.deepEqual(await rig.query(name, 'show work_mem'), [{ work_mem: '4MB' }]);
    }
    t.deepEqual(await podUids(), uids);
  }
});

serial(
  'a restart that is asked for rolls one pod at a time, the leader last, and the operator may die meanwhile',
  async (t) => {
    const writer = await startWriter(t);
    const before = await podUids();
    const [leader, watch] = [await rig.leader(), watchReadiness()];
    await rig.apply({ postgres: spec }, { 'ecommerce.stack/restart': 'first' });
    await rig.until('the first replica is replaced', async () => changed(before, await podUids()).length === 1);
    t.false(changed(before, await podUids()).includes(leader ?? ''));
    await rig.restartOperator();
    await rig.waitForPostgres(({ state }) => state === 'Ready');
    const { acknowledged, longestGapMs } = await writer.finish();
    t.is(changed(before, await podUids()).length, 3);
    t.deepEqual(await watch.stop(), [], 'one pod is away at a time');
    t.log(`${acknowledged.length} writes, longest gap ${longestGapMs} ms`);
    t.deepEqual(await lost(acknowledged), []);
  },
);

serial('an image that cannot be pulled costs one replica and no write, and the cure goes in by itself', async (t) => {
  const writer = await startWriter(t);
  await rig.apply({ postgres: spec, images: { overrides: { postgres: 'registry.example/nowhere:1' } } });
  const { message } = await rig.waitForPostgres(({ reason }) => reason === 'ImagePullFailed');
  t.regex(message ?? '', /registry\.example\/nowhere:1/);
  const { longestGapMs } = await writer.finish();
  t.true(longestGapMs < 1_000, `${longestGapMs} ms`);
  await change({});
});

serial('fewer replicas: the leader moves off the pod that goes', async (t) => {
  const leader = (await rig.leader()) ?? '';
  if (leader !== 'shop-postgres-2') {
    await rig.switchover(leader, 'shop-postgres-2');
  }
  const writer = await startWriter(t);
  await change({ readReplicas: 1 });
  const { acknowledged, longestGapMs } = await writer.finish();
  t.not(await rig.leader(), 'shop-postgres-2');
  t.is((await rig.pods()).length, 2);
  t.log(`${acknowledged.length} writes, longest gap ${longestGapMs} ms`);
  t.deepEqual(await lost(acknowledged), []);
  await change({ readReplicas: 2 });
});

serial("a changed password in the credential Secret is the service's next one", async (t) => {
  const password = Buffer.from('a-new-password-of-product').toString('base64');
  const patch = JSON.stringify({ data: { 'product-password': password } });
  await rig.kubectl(['patch', 'secret', 'shop-postgres-credentials', '--type=merge', '-p', patch]);
  const leader = (await rig.leader()) ?? '';
  const login = { user: 'product', password: 'a-new-password-of-product', database: 'product_db' };
  await rig.until('the new password works', () => rig.queryAs(leader, login, 'select 1').then(Boolean));
  await rig.until('the connection Secret has it', async () => (await tenant()).password === login.password);
  t.pass();
});

serial('while the API server is away, writes go on', async (t) => {
  const writer = await startWriter(t);
  // Without its store the leader goes on only when all members that it last wrote down there answer it.
  await rig.until('the leader has written down all members', hasCurrentFailsafe);
  await rig.server.stopProgram('kube-apiserver');
  const before = writer.count;
  // Longer than Patroni's ttl of 20 s, after which a primary without its store would step down.
  await delay(35_000);
  await rig.server.startProgram('kube-apiserver');
  await rig.restartControllers();
  const { acknowledged, longestGapMs } = await writer.finish();
  t.log(`${acknowledged.length - before} writes while it was away, longest gap ${longestGapMs} ms`);
  t.true(longestGapMs < 5_000, `${longestGapMs} ms`);
  await rig.waitForPostgres(({ state }) => state === 'Ready');
  t.deepEqual(await lost(acknowledged), []);
});

serial('other data than was recorded stalls the stack and touches nothing', async (t) => {
  const identity = 'ecommerce.stack/identity';
  const real = (await rig.stack()).status?.components?.find(({ name }) => name === 'postgres')?.identity;
  const before = await podUids();
  await rig.kubectl([
    'annotate',
    '--overwrite',
    'secret',
    'shop-postgres-credentials',
    `${identity}=1234567890123456789`,
  ]);
  const isMismatch = ({ reason }: { readonly reason?: string }) => reason === 'IdentityMismatch';
  // Its watch of Secrets may still be on its way back from the outage.
  await rig.waitForPostgres(isMismatch);
  // With a new generation, so that the status tells when the request was looked at.
  const services = { ...onlyProduct, product: { env: { APP_LOG_LEVEL: 'warn' } } };
  await rig.apply({ postgres: spec, services }, { 'ecommerce.stack/restart': 'second' });
  const { message } = await rig.waitForPostgres(isMismatch);
  t.true(message?.includes('1234567890123456789') === true && message.includes(real ?? 'nothing'), message);
  t.deepEqual(await podUids(), before);
  await rig.kubectl(['annotate', '--overwrite', 'secret', 'shop-postgres-credentials', `${identity}=${real}`]);
  await rig.waitForPostgres(({ state }) => state === 'Ready');
});

serial('a volume that cannot grow says so and works on', async (t) => {
  spec = { ...spec, storage: { size: '2Gi' } };
  await rig.apply({ postgres: spec });
  const { message } = await rig.waitForPostgres(({ reason }) => reason === 'VolumeExpansionRefused');
  t.regex(message ?? '', /2Gi.*StorageClass local.*allowVolumeExpansion/);
  const leader = (await rig.leader()) ?? '';
  t.deepEqual(await rig.query(leader, 'select 1 as one'), [{ one: 1 }]);
});

serial('a volume whose class lets it grow does so, and the status tells how far all are', async (t) => {
  const before = await podUids();
  await rig.kubectl(['patch', 'storageclass', 'local', '--type=merge', '-p', '{"allowVolumeExpansion":true}']);
  // It would try again after ten minutes; one that does not remember the refusal does so at once.
  await rig.restartOperator();
  const claims = Object.keys(before).map((pod) => `data-${pod}`);
  const growing = ({ reason }: { readonly reason?: string }) => reason === 'VolumeGrowing';
  const asked = ['get', 'pvc', ...claims, '-o', 'jsonpath={.items[*].spec.resources.requests.storage}'];
  await rig.until('the claims ask for more', async () => (await rig.kubectl(asked)) === '2Gi 2Gi 2Gi');
  for (const [index, claim] of claims.entries()) {
    await patchClaim(claim, { conditions: [{ type: 'Resizing', status: 'True', message: 'by the test' }] });
    const told = new RegExp(`^${index} of 3 volumes have 2Gi; claim ${claim} .*Resizing: by the test`);
    await rig.waitForPostgres((component) => growing(component) && told.test(component.message ?? ''));
    await patchClaim(claim, { capacity: { storage: '2Gi' }, conditions: [] });
  }
  await rig.waitForPostgres(({ state }) => state === 'Ready');
  t.deepEqual(await podUids(), before);
});

serial('a deleted stack leaves its data, and the next one of the same name takes it over', async (t) => {
  const leader = (await rig.leader()) ?? '';
  await rig.query(leader, 'create table if not exists treasure as select 42 as answer', 'product_db');
  await rig.kubectl(['delete', 'ecommercestack', 'shop', '--wait=true', '--timeout=60s']);
  await rig.until('the pods are gone', async () => (await rig.pods()).length === 0, 60_000);
  spec = { resources, storage: { size: '2Gi' } };
  await rig.apply({ postgres: { ...spec, readReplicas: 2 } });
  await rig.until('somebody leads', async () => (await rig.leader()) !== undefined, 60_000);
  const next = (await rig.leader()) ?? '';
  await rig.until('the data is there', async () => {
    const rows = await rig.query(next, 'select answer from treasure', 'product_db');
    return rows[0]?.['answer'] === 42;
  });
  t.pass();
});

/** As the resizer of a storage driver would, and the kubelet after it. */
async function patchClaim(name: string, status: object): Promise<void> {
  await rig.kubectl(['patch', 'pvc', name, '--subresource=status', '--type=merge', '-p', JSON.stringify({ status })]);
}

function changed(before: Readonly<Record<string, string>>, after: Readonly<Record<string, string>>): readonly string[] {
  return Object.keys(before).filter((name) => after[name] !== undefined && after[name] !== before[name]);
}

/** The list of members for the time without the API server is the pods with the addresses that they have now. */
async function hasCurrentFailsafe(): Promise<boolean> {
  const leader = (await rig.leader()) ?? '';
  const answer = await fetch(`http://${await rig.address(leader)}:8008/failsafe`);
  const members = (await answer.json()) as Readonly<Record<string, string>>; // by name, their addresses of the REST API
  const names = (await rig.pods()).map(({ metadata }) => metadata.name);
  const addresses = await Promise.all(names.map((name) => rig.address(name)));
  const isListed = names.every((name, index) => members[name]?.includes(`//${addresses[index]}:`) === true);
  return isListed && Object.keys(members).length === names.length;
}

/** Until it is stopped: each moment in which fewer than two of the three pods were ready, as what the others did. */
function watchReadiness(): { stop(): Promise<readonly string[]> } {
  const stopping = new AbortController();
  const watching = (async () => {
    const moments = new Set<string>();
    while (!stopping.signal.aborted) {
      if (rig.node.readyPods < 2) {
        moments.add(`away: ${rig.node.unreadyPods.join(', ')}`);
      }
      await delay(100);
    }
    return [...moments];
  })();
  return {
    stop: () => {
      stopping.abort();
      return watching;
    },
  };
}
