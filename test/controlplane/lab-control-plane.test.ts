import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { access, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { startApiServer, startControlPlane } from '#lab/api.ts';
import { waitFor } from '#lab/control-plane/wait.ts';

const deployment = {
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: 'web', namespace: 'default' },
  spec: {
    replicas: 2,
    selector: { matchLabels: { app: 'web' } },
    template: {
      metadata: { labels: { app: 'web' } },
      spec: { containers: [{ name: 'web', image: 'localhost/none:1' }] },
    },
  },
};

const crd = {
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name: 'widgets.lab.example' },
  spec: {
    group: 'lab.example',
    names: { plural: 'widgets', singular: 'widget', kind: 'Widget' },
    scope: 'Namespaced',
    versions: [
      {
        name: 'v1',
        served: true,
        storage: true,
        schema: { openAPIV3Schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } },
      },
    ],
  },
};

test.serial('a control plane turns a deployment into pending pods and collects them with it', async (t) => {
  await using cluster = await startControlPlane();
  await cluster.kubectl(['apply', '-f', '-'], { input: JSON.stringify(deployment) });
  const phases = async () => {
    const output = await cluster.kubectl(['get', 'pods', '-l', 'app=web', '-o', 'jsonpath={.items[*].status.phase}']);
    return output === 'Pending Pending' || undefined;
  };
  t.true(await waitFor('two pending pods', phases, { timeoutMs: 20_000 }));
  await cluster.kubectl(['delete', 'deployment', 'web']);
  const isEmpty = async () =>
    (await cluster.kubectl(['get', 'replicasets,pods', '-l', 'app=web', '-o', 'name'])) === '';
  t.true(await waitFor('the pods are collected', isEmpty, { timeoutMs: 20_000 }));
});

test.serial('a killed API server comes back on its address with its data', async (t) => {
  await using server = await startApiServer();
  await server.kubectl(['create', 'namespace', 'kept']);
  const before = server.processes.find(({ name }) => name === 'kube-apiserver');
  await server.stopProgram('kube-apiserver');
  t.deepEqual(
    server.processes.map(({ name }) => name),
    ['etcd'],
  );
  await t.throwsAsync(server.kubectl(['get', 'namespaces', '--request-timeout=2s']), { message: /kubectl/ });
  await server.startProgram('kube-apiserver');
  t.is(await server.kubectl(['get', 'namespace', 'kept', '-o', 'name']), 'namespace/kept\n');
  t.not(server.processes.find(({ name }) => name === 'kube-apiserver')?.pid, before?.pid);
});

test.serial('a paused API server answers nothing until it is resumed', async (t) => {
  await using server = await startApiServer();
  server.pauseApiServer();
  await t.throwsAsync(server.kubectl(['get', '--raw', '/readyz', '--request-timeout=1s']));
  server.resumeApiServer();
  t.is(await server.kubectl(['get', '--raw', '/readyz']), 'ok');
});

test.serial('installed resource definitions are served at once, and requests are in the audit log', async (t) => {
  await using server = await startApiServer({ audit: true });
  const path = join(server.directory, 'crd.json');
  await writeFile(path, JSON.stringify(crd));
  await server.installCrds([path]);
  t.is(await server.kubectl(['get', 'widgets', '-A', '-o', 'name']), '');
  const events = await server.auditEvents();
  const listing = events.find(({ verb, objectRef }) => verb === 'list' && objectRef?.resource === 'widgets');
  t.is(listing?.user.username, 'admin');
});

test.serial('a kubeconfig of another user has the rights of its groups and no others', async (t) => {
  await using server = await startApiServer();
  const kubeconfig = await server.createKubeconfig({ name: 'visitor', groups: ['visitors'] });
  const canI = (verb: string) =>
    server.kubectl(['auth', 'can-i', verb, 'secrets', '--kubeconfig', kubeconfig]).catch(() => 'no');
  t.is(await canI('list'), 'no');
  await server.kubectl(['create', 'clusterrole', 'reader', '--verb=list', '--resource=secrets']);
  await server.kubectl(['create', 'clusterrolebinding', 'reader', '--clusterrole=reader', '--group=visitors']);
  const isAllowed = async () => (await canI('list')).trim() === 'yes';
  t.true(await waitFor('the binding counts', isAllowed, { timeoutMs: 10_000 }));
});

test.serial('servers side by side do not share anything', async (t) => {
  const [one, other] = await Promise.all([startApiServer(), startApiServer()]);
  await one.kubectl(['create', 'namespace', 'only-here']);
  await t.throwsAsync(other.kubectl(['get', 'namespace', 'only-here']), { message: /not found/ });
  await Promise.all([one.stop(), other.stop()]);
  await t.throwsAsync(access(one.directory));
});

test.serial('the programs end when the process that started them is killed', async (t) => {
  const script = `
    const { startApiServer } = await import(${JSON.stringify(join(import.meta.dirname, '../../lab/api.ts'))});
    const server = await startApiServer();
    process.stdout.write(server.processes.map(({ pid }) => pid).join(' '));
    setInterval(() => undefined, 1000);`;
  const child = spawn(process.execPath, ['--input-type=module', '--eval', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [output] = await once(child.stdout, 'data');
  const pids = String(output).split(' ').map(Number);
  t.is(pids.length, 2);
  child.kill('SIGKILL');
  const areGone = async () => pids.every((pid) => !isRunning(pid));
  t.true(await waitFor('the programs ended', areGone, { timeoutMs: 10_000 }));
});

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
