import { readFile, writeFile } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { createServer, connect as openSocket } from 'node:net';
import { join } from 'node:path';
import test from 'ava';
import { Registry } from 'prom-client';
import { startApiServer } from '../../lab/api.ts';
import type { LocalControlPlane } from '../../lab/control-plane/local-control-plane.ts';
import { kinds } from '../../operator/api/kinds.ts';
import { type KubernetesObject, type ObjectRef, refOf } from '../../operator/api/kubernetes.ts';
import { loadConnection } from '../../operator/kube/connection.ts';
import { ConflictError, ForbiddenError, InvalidError, NotFoundError } from '../../operator/kube/errors.ts';
import { createKubeMetrics } from '../../operator/kube/metrics.ts';
import { createTransport } from '../../operator/kube/transport.ts';
import { installStackCrd } from '../support/crd.ts';
import { connect, type KubeSetup, metricValue } from '../support/kube.ts';

let server: LocalControlPlane;
let setup: KubeSetup;

test.before(async () => {
  server = await startApiServer();
  await installStackCrd(server);
  setup = await connect(server);
});

test.after.always(async () => {
  await setup?.transport.close();
  await server?.stop();
});

function aConfigMap(name: string, data: Record<string, string> = { a: '1' }): KubernetesObject {
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, namespace: 'default' }, data };
}

function refTo(name: string): ObjectRef {
  return { apiVersion: 'v1', kind: 'ConfigMap', namespace: 'default', name };
}

test('apply creates, changes and, when nothing differs, leaves the version as it is', async (t) => {
  const created = await setup.client.apply(aConfigMap('apply'), { manager: 'one' });
  const again = await setup.client.apply(aConfigMap('apply'), { manager: 'one' });
  t.is(again.metadata.resourceVersion, created.metadata.resourceVersion);
  const changed = await setup.client.apply(aConfigMap('apply', { b: '2' }), { manager: 'one' });
  t.deepEqual(changed['data'], { b: '2' });
  t.deepEqual(await setup.client.get(refTo('apply')), changed);
});

test('apply takes a field back from another manager, counts it and says whose it was', async (t) => {
  await setup.client.apply(aConfigMap('taken', { a: '1' }), { manager: 'kubectl-edit' });
  const ours = await setup.client.apply(aConfigMap('taken', { a: '2' }), { manager: 'one' });
  t.deepEqual(ours['data'], { a: '2' });
  t.is(await metricValue(setup.registry, 'ecommerce_apply_conflicts_total', { manager: 'kubectl-edit' }), 1);
  const line = setup.logger.lines.find(({ message }) => message.startsWith('taking fields back'));
  t.deepEqual(line?.fields, {
    object: 'v1/ConfigMap default/taken',
    conflicts: [{ manager: 'kubectl-edit', field: '.data.a' }],
  });
});

test('an apply that may only create spares whatever has the name, also when it is told to take fields', async (t) => {
  const stack = (version: string) => ({
    apiVersion: 'ecommerce.stack/v1beta1',
    kind: 'EcommerceStack',
    metadata: { name: 'only', namespace: 'default' },
    spec: { version, profile: 'Development', host: 'shop.example.com' },
  });
  for (const [first, second] of [
    [aConfigMap('only', { a: '1' }), aConfigMap('only', { a: '2' })],
    [aConfigMap('beside', { a: '1' }), aConfigMap('beside', { b: '2' })],
    [stack('1.0.0'), stack('2.0.0')],
  ] as const) {
    const created = await setup.client.apply(first, { manager: 'kubectl-edit', onlyCreate: true });
    t.truthy(created.metadata.uid);
    for (const manager of ['kubectl-edit', 'one']) {
      await t.throwsAsync(setup.client.apply(second, { manager, onlyCreate: true }), { instanceOf: ConflictError });
    }
    t.deepEqual(await setup.client.get(refOf(first)), created);
  }
});

test('a dry run changes nothing', async (t) => {
  await setup.client.apply(aConfigMap('dry'), { manager: 'one', dryRun: true });
  t.is(await setup.client.get(refTo('dry')), undefined);
});

test('an unknown field is refused with its name instead of being dropped', async (t) => {
  const object = { ...aConfigMap('strict'), brandNew: true };
  const error = await t.throwsAsync(setup.client.apply(object, { manager: 'one' }), { instanceOf: InvalidError });
  t.regex(error?.message ?? '', /^apply v1\/ConfigMap default\/strict: .*brandNew/);
});

test('a broken rule is refused with field and value', async (t) => {
  const service: KubernetesObject = {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: 'broken', namespace: 'default' },
    spec: { ports: [{ port: 99_999 }] },
  };
  const error = await t.throwsAsync(setup.client.apply(service, { manager: 'one' }), { instanceOf: InvalidError });
  t.is(error?.causes[0]?.field, 'spec.ports[0].port');
  t.regex(error?.message ?? '', /99999/);
});

test('create refuses a name that is taken', async (t) => {
  await setup.client.create(aConfigMap('created'));
  const error = await t.throwsAsync(setup.client.create(aConfigMap('created')), { instanceOf: ConflictError });
  t.is(error?.reason, 'AlreadyExists');
});

test('a patch with an old resourceVersion is a conflict', async (t) => {
  const first = await setup.client.create(aConfigMap('patched'));
  const metadata = { resourceVersion: first.metadata.resourceVersion ?? '' };
  await setup.client.patch(refTo('patched'), { metadata, data: { a: '2' } });
  await t.throwsAsync(setup.client.patch(refTo('patched'), { metadata, data: { a: '3' } }), {
    instanceOf: ConflictError,
  });
});

test('remove spares a successor of the same name and is content when nothing is there', async (t) => {
  const first = await setup.client.create(aConfigMap('removed'));
  const uid = first.metadata.uid ?? '';
  await setup.client.remove(refTo('removed'), { uid });
  t.is(await setup.client.get(refTo('removed')), undefined);
  await setup.client.remove(refTo('removed'), { uid });
  const second = await setup.client.create(aConfigMap('removed'));
  await setup.client.remove(refTo('removed'), { uid });
  t.is((await setup.client.get(refTo('removed')))?.metadata.uid, second.metadata.uid);
});

test('a list is complete, however many pages it takes', async (t) => {
  const names = Array.from({ length: 1_100 }, (_, index) => `page-${index}`);
  await Promise.all(
    names.map((name) =>
      setup.client.create({
        ...aConfigMap(name),
        metadata: { name, namespace: 'kube-public', labels: { page: 'yes' } },
      }),
    ),
  );
  const list = await setup.client.list(kinds.ConfigMap, { namespace: 'kube-public', labelSelector: 'page=yes' });
  t.deepEqual(list.map(({ metadata }) => metadata.name).toSorted(), names.toSorted());
  t.is(list[0]?.kind, 'ConfigMap');
});

test('what is missing is NotFound, what is not allowed is Forbidden', async (t) => {
  const inNowhere = { ...aConfigMap('x'), metadata: { name: 'x', namespace: 'nowhere' } };
  await t.throwsAsync(setup.client.apply(inNowhere, { manager: 'one' }), { instanceOf: NotFoundError });
  const kubeconfig = await server.createKubeconfig({ name: 'nobody', groups: [] });
  const transport = createTransport({ connection: await loadConnection({ kubeconfig }), metrics: setup.metrics });
  const operation = { verb: 'list', resource: 'pods', subject: 'pods' };
  const error = await t.throwsAsync(transport.call({ method: 'GET', path: '/api/v1/pods', operation }), {
    instanceOf: ForbiddenError,
  });
  t.regex(error?.message ?? '', /User "nobody" cannot list resource "pods"/);
  await transport.close();
});

test('a namespaced object without a namespace is refused before it is sent', async (t) => {
  await t.throwsAsync(setup.client.apply({ ...aConfigMap('x'), metadata: { name: 'x' } }, { manager: 'one' }), {
    instanceOf: InvalidError,
    message: /metadata\.namespace is missing/,
  });
});

test('1,000 calls need no more TLS handshakes than there are connections', async (t) => {
  await using proxy = await startCountingProxy(new URL(server.serverUrl));
  const kubeconfig = join(server.directory, 'through-proxy.kubeconfig');
  await writeFile(kubeconfig, (await readFile(server.kubeconfigPath, 'utf8')).replaceAll(server.serverUrl, proxy.url));
  const registry = new Registry();
  const connection = await loadConnection({ kubeconfig });
  const transport = createTransport({ connection, metrics: createKubeMetrics(registry) });
  const operation = { verb: 'get', resource: 'namespaces', subject: 'v1/Namespace /default' };
  const call = () => transport.call({ method: 'GET', path: '/api/v1/namespaces/default', operation });
  let left = 1_000;
  const lane = async () => {
    for (; left > 0; left -= 1) {
      await call();
    }
  };
  await Promise.all(Array.from({ length: 8 }, lane));
  await transport.close();
  t.true(proxy.accepted() <= 12, `${proxy.accepted()} connections`);
  t.is(await metricValue(registry, 'ecommerce_kube_connections_total', { purpose: 'calls' }), proxy.accepted());
  t.log(`${proxy.accepted()} connections for 1,000 calls in 8 lanes`);
});

/** Passes bytes on and counts connections: what the metric says is checked by somebody else. */
async function startCountingProxy(target: URL) {
  let count = 0;
  const sockets = new Set<{ destroy(): void }>();
  const proxy = createServer((socket) => {
    count += 1;
    const upstream = openSocket(Number(target.port), target.hostname);
    for (const [from, to] of [
      [socket, upstream],
      [upstream, socket],
    ] as const) {
      sockets.add(from);
      from.pipe(to);
      from.on('error', () => to.destroy());
    }
  });
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
  return {
    // A TCP server has an address with a port once it listens.
    url: `https://127.0.0.1:${(proxy.address() as AddressInfo).port}`,
    accepted: () => count,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) {
        socket.destroy();
      }
      await new Promise((resolve) => proxy.close(resolve));
    },
  };
}
