import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import anyTest, { type ExecutionContext, type TestFn } from 'ava';
import { startControlPlane } from '#lab/api.ts';
import { findCluster } from '#lab/cli/providers.ts';
import type { LocalControlPlane } from '#lab/control-plane/local-control-plane.ts';
import { waitFor } from '#lab/control-plane/wait.ts';
import { currentProvider } from '#lab/delivery/current.ts';
import { installOperator, readManifest } from '#lab/delivery/deploy.ts';
import { findHelm } from '#lab/delivery/helm.ts';
import { operatorName, operatorNamespace } from '#lab/delivery/names.ts';
import { applyStack, ensureNamespace } from '#lab/delivery/own-objects.ts';
import { rememberUsed } from '#lab/delivery/used-clusters.ts';
import { run } from '#lab/programs/run.ts';
import { silentProgress } from '#lab/progress.ts';
import { startOperator } from '../support/operator-process.ts';
import { aManifest, apply, createNamespace, type Kubectl } from '../support/stacks.ts';

/** `CLUSTER=current` against somebody else's cluster: what it makes, what it takes away, and what it leaves alone. */
const test = anyTest as TestFn<{ server: LocalControlPlane }>;
const provider = currentProvider();
const chart = join(import.meta.dirname, '../../charts', operatorName);

test.beforeEach(async (t) => {
  const server = await startControlPlane({ audit: true });
  process.env['KUBECONFIG'] = server.kubeconfigPath;
  process.env['XDG_STATE_HOME'] = server.directory;
  t.context = { server };
});

test.afterEach.always((t) => t.context.server.stop());

/** What `make up` does but for images, which nothing here pulls, and for the wait until pods run, which none does. */
async function bringUp(manifestPath = 'examples/minimal.yaml'): Promise<boolean> {
  const cluster = await provider.up(silentProgress);
  await ensureNamespace(cluster, operatorNamespace);
  await installOperator(cluster, await findHelm(silentProgress), {});
  await cluster.kubectl(['wait', '--for=condition=Established', 'crd/ecommercestacks.ecommerce.stack']);
  await ensureNamespace(cluster, 'shop');
  const manifest = await readManifest(manifestPath);
  return applyStack(cluster, { namespace: 'shop', name: manifest.name }, manifest);
}

/** Takes down and gives what a person is told. */
async function bringDown(): Promise<string> {
  const notes: string[] = [];
  await provider.down({ ...silentProgress, note: (text) => notes.push(text) });
  return notes.join('\n');
}

const names = async (cluster: Kubectl, ...what: readonly string[]) =>
  (await cluster.kubectl(['get', ...what, '-o', 'name'])).split('\n').filter(Boolean);
const versionOf = (cluster: Kubectl, ...what: readonly string[]) =>
  cluster.kubectl(['get', ...what, '-o', 'jsonpath={.metadata.uid} {.metadata.resourceVersion} {.metadata.labels}']);

async function isThere(t: ExecutionContext, cluster: Kubectl, expected: Readonly<Record<string, boolean>>) {
  for (const [object, isExpected] of Object.entries(expected)) {
    const [kind = '', name = '', ...namespace] = object.split(' ');
    const found = await names(cluster, kind, name, ...namespace.flatMap((one) => ['-n', one]), '--ignore-not-found');
    t.is(found.length === 1, isExpected, object);
  }
}

test.serial(
  'down takes what up made, and waits for foreign stacks before it takes operator and namespace',
  async (t) => {
    const { server } = t.context;
    t.is(await bringDown(), '', 'nothing is there, not even the definition of stacks');

    await createNamespace(server, 'team');
    // With a finalizer: only an operator that still runs can let the stack go.
    const own = aManifest('shop', 'shop', { deletionPolicy: 'Delete', deletionConfirmation: 'shop' });
    const path = join(server.directory, 'own.json');
    await writeFile(path, JSON.stringify(own));
    t.true(await bringUp(path));
    await using _operator = await startOperator(server.kubeconfigPath);
    t.true(await bringUp(path));
    await apply(server, aManifest('shop', 'guest'), aManifest('team', 'theirs'));
    t.deepEqual(await names(server, 'eshop', '-A', '-l', 'app.kubernetes.io/managed-by=ecommerce-lab'), [
      'ecommercestack.ecommerce.stack/shop',
    ]);
    const hasFinalizer = async () =>
      (await server.kubectl(['get', 'eshop', 'shop', '-n', 'shop', '-o', 'jsonpath={.metadata.finalizers}'])) !== '';
    await waitFor('the operator knows the stack', hasFinalizer, { timeoutMs: 60_000 });

    for (const attempt of ['first', 'second']) {
      const told = await bringDown();
      t.regex(told, /namespace shop: the stack shop\/guest in it was not made by make up/, attempt);
      t.regex(told, /release ecommerce-operator.*still serves the stack shop\/guest, the stack team\/theirs/, attempt);
      await isThere(t, server, {
        'eshop shop shop': false,
        'eshop guest shop': true,
        'eshop theirs team': true,
        [`deployment ${operatorName} ${operatorNamespace}`]: true,
      });
    }

    await server.kubectl(['delete', 'eshop', 'guest', '-n', 'shop']);
    t.notRegex(await bringDown(), /namespace shop/);
    await isThere(t, server, {
      'namespace shop': false,
      'eshop theirs team': true,
      [`namespace ${operatorNamespace}`]: true,
    });

    await server.kubectl(['delete', 'eshop', 'theirs', '-n', 'team']);
    for (const attempt of ['first', 'second']) {
      t.regex(await bringDown(), /^left in place:\n {2}the definition of EcommerceStack.*kubectl delete crd/, attempt);
      await isThere(t, server, {
        [`namespace ${operatorNamespace}`]: false,
        [`clusterrole ${operatorName}`]: false,
        'namespace team': true,
        'crd ecommercestacks.ecommerce.stack': true,
      });
    }
    const ends = (await server.auditEvents()).filter(({ verb }) => verb === 'delete').map(({ objectRef }) => objectRef);
    const first = (resource: string, name: string) =>
      ends.findIndex((end) => end?.resource === resource && end.name === name);
    t.true(first('ecommercestacks', 'shop') < first('namespaces', 'shop'));
    t.true(first('namespaces', 'shop') < first('deployments', operatorName));
  },
);

test.serial("somebody else's namespaces, operator and stack of the same names stay as they are", async (t) => {
  const { server } = t.context;
  const cluster = await provider.up(silentProgress);
  const helm = await findHelm(silentProgress);
  await createNamespace(server, operatorNamespace);
  await createNamespace(server, 'shop');
  await run([helm, 'install', operatorName, chart, '--namespace', operatorNamespace], {
    env: { KUBECONFIG: server.kubeconfigPath },
  });
  await server.kubectl(['wait', '--for=condition=Established', 'crd/ecommercestacks.ecommerce.stack']);
  await apply(server, aManifest('shop', 'shop', { host: 'theirs.example' }));
  const look = () =>
    Promise.all([
      versionOf(server, 'namespace', operatorNamespace),
      versionOf(server, 'namespace', 'shop'),
      versionOf(server, 'eshop', 'shop', '-n', 'shop'),
      names(server, 'secrets', '-n', operatorNamespace),
    ]);
  const before = await look();

  await ensureNamespace(cluster, operatorNamespace);
  await ensureNamespace(cluster, 'shop');
  await t.throwsAsync(installOperator(cluster, helm, {}), { message: /not installed by make up.*helm uninstall/ });
  const manifest = await readManifest('examples/minimal.yaml');
  t.false(await applyStack(cluster, { namespace: 'shop', name: 'shop' }, manifest));
  t.deepEqual(await look(), before);
  t.regex(
    await bringDown(),
    /release ecommerce-operator in the namespace ecommerce-system: it was not installed by make up/,
  );
  await bringDown();
  t.deepEqual(await look(), before);
});

test.serial('data that a removed stack keeps in a foreign namespace is told with the way to remove it', async (t) => {
  const { server } = t.context;
  await createNamespace(server, 'shop');
  await bringUp();
  await using _operator = await startOperator(server.kubeconfigPath);
  const hasClaims = async () => (await names(server, 'pvc', '-n', 'shop')).length > 0;
  await waitFor('the stack has volumes', hasClaims, { timeoutMs: 60_000 });

  const told = await bringDown();
  const [, objects = '', command = ''] = /data of shop\/shop.*\((.*)\); gone with: kubectl (.*)/.exec(told) ?? [];
  t.regex(objects, /persistentvolumeclaim\/.*secret\//);
  await isThere(t, server, { 'namespace shop': true, 'eshop shop shop': false });
  t.is(
    await server.kubectl([
      'get',
      'namespace',
      'shop',
      '-o',
      'jsonpath={.metadata.labels.app\\.kubernetes\\.io/managed-by}',
    ]),
    '',
  );
  const claims = objects.split(', ').filter((object) => object.startsWith('persistentvolumeclaim/'));
  await server.kubectl([...command.split(' '), '--wait=false']);
  const areGone = async () => {
    const left = await names(server, 'pvc,secret', '-n', 'shop');
    return !left.some((object) => objects.split(', ').includes(object));
  };
  t.true(await waitFor('the data is gone', areGone, { timeoutMs: 60_000 }));
  t.true(claims.length > 0);
});

test.serial('commands without CLUSTER reach the cluster that up used, whatever the context is by now', async (t) => {
  const { server } = t.context;
  await provider.up(silentProgress);
  await rememberUsed('shop', { kind: 'current', context: 'lab' });
  const elsewhere = join(server.directory, 'elsewhere');
  await writeFile(elsewhere, JSON.stringify({ apiVersion: 'v1', kind: 'Config' }));
  process.env['KUBECONFIG'] = elsewhere;
  delete process.env['CLUSTER'];
  const found = await findCluster('shop');
  t.is(found.name, 'lab');
  t.is(await found.kubectl(['get', 'namespace', 'default', '-o', 'name']), 'namespace/default\n');
});
