import { once } from 'node:events';
import { createServer } from 'node:net';
import { networkInterfaces } from 'node:os';
import test from 'ava';
import { startCluster } from '#lab/api.ts';
import type { TestCluster } from '#lab/cluster/test-cluster.ts';
import { waitFor } from '#lab/control-plane/wait.ts';
import { webPod } from './web-pod.ts';

let lab: TestCluster;

test.before(async () => {
  lab = await startCluster();
  await lab.cluster.kubectl(['apply', '-f', '-'], { input: webPod('one') });
  await lab.cluster.kubectl(['wait', '-n', 'one', '--for=condition=Ready', 'pod/web', '--timeout=90s']);
});

test.after.always(() => lab?.stop());

/** Runs a line of shell in the web pod. */
const inPod = (line: string) => lab.cluster.kubectl(['exec', '-n', 'one', 'web', '--', 'sh', '-c', line]);

/** What the Service of the web pod answers where `cluster.exec` runs; connections come one at a time. */
const ask = (url: string) => lab.cluster.exec(['curl', '--silent', '--max-time', '5', '--retry', '3', url]);

test.serial('a restricted pod writes to its volume as its own user', async (t) => {
  t.is(await inPod('cat /data/page'), 'hello\n');
  t.regex(await inPod('ls -ln /data/page'), / 1000 +1000 /);
  const classes = await lab.cluster.kubectl([
    'get',
    'pvc',
    '-n',
    'one',
    '-o',
    'jsonpath={.items[*].spec.storageClassName}',
  ]);
  t.is(classes, 'standard');
});

test.serial('logs and exec reach the pod', async (t) => {
  t.regex(await lab.cluster.kubectl(['logs', '-n', 'one', 'web']), /started as drwxrws---/);
});

test.serial('a Service answers by its name where addresses of the lab are reachable', async (t) => {
  t.is(await ask('http://web.one/'), 'hello\n');
  t.is(await ask('http://web.one.svc.cluster.local:80/'), 'hello\n');
});

test.serial('names of Services resolve in pods', async (t) => {
  const address = await lab.cluster.kubectl(['get', 'service', '-n', 'one', 'web', '-o', 'jsonpath={.spec.clusterIP}']);
  t.regex(await inPod('nslookup web.one.svc.cluster.local'), new RegExp(`Address: ${address}`));
});

test.serial('a published Service answers on loopback, and publishing it again gives the same address', async (t) => {
  const service = { namespace: 'one', name: 'web', port: 80 };
  const published = await lab.cluster.publish(service, 18_080);
  const response = await waitFor('an answer', () => fetch(published.url), { timeoutMs: 10_000 });
  t.is(await response.text(), 'hello\n');
  t.is((await lab.cluster.publish(service, 18_081)).url, published.url);
});

test.serial('a taken port is replaced by a free one', async (t) => {
  const taken = createServer().listen(0, '127.0.0.1');
  await once(taken, 'listening');
  t.teardown(() => taken.close());
  const address = taken.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  const published = await lab.cluster.publish({ namespace: 'kube-system', name: 'kube-dns', port: 53 }, port);
  t.not(published.port, port);
});

test.serial('kubectl top shows nodes and pods', async (t) => {
  const top = () => lab.cluster.kubectl(['top', 'pods', '-n', 'one', '--no-headers']);
  t.regex(await waitFor('metrics', top, { timeoutMs: 90_000, intervalMs: 1_000 }), /^web +\d+m +\d+Mi/);
});

test.serial('nothing of the lab reaches an address outside, this machine included', async (t) => {
  const reached: string[] = [];
  const server = createServer((socket) => {
    reached.push(socket.remoteAddress ?? '?');
    socket.destroy();
  }).listen(0, '0.0.0.0');
  await once(server, 'listening');
  t.teardown(() => server.close());
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  const ours = Object.values(networkInterfaces()).flatMap((entries) => entries ?? []);
  const targets = [
    ...ours.filter(({ family }) => family === 'IPv4').map((entry) => entry.address),
    '192.0.2.1',
    '1.1.1.1',
  ];
  t.is(await inPod('nc -w 2 10.96.0.1 443 < /dev/null && echo connected || echo refused'), 'connected\n');
  for (const target of targets.filter((candidate) => !candidate.startsWith('127.'))) {
    const connect = `nc -w 2 ${target} ${port} < /dev/null && echo connected || echo refused`;
    t.is(await inPod(connect), 'refused\n', `a pod reaches ${target}`);
    const curl = ['curl', '--silent', '--max-time', '2', `http://${target}:${port}/`];
    await t.throwsAsync(lab.cluster.exec(curl), undefined, `the node reaches ${target}`);
  }
  t.deepEqual(reached, []);
});

test.serial('names outside the cluster do not exist', async (t) => {
  t.regex(await inPod('nslookup example.com || true'), /NXDOMAIN/);
  t.regex(await inPod('nslookup registry.npmjs.org || true'), /NXDOMAIN/);
});

test.serial('a second lab runs beside the first with the same names and addresses inside', async (t) => {
  await using second = await startCluster();
  t.not(second.cluster.serverUrl, lab.cluster.serverUrl);
  await second.cluster.kubectl(['create', 'namespace', 'only-here']);
  await t.throwsAsync(lab.cluster.kubectl(['get', 'namespace', 'only-here']), { message: /not found/ });
  t.is(await ask('http://web.one/'), 'hello\n');
  await t.throwsAsync(second.cluster.exec(['curl', '--silent', '--max-time', '3', 'http://web.one/']));
});

for (const program of ['kube-apiserver', 'etcd', 'containerd', 'kubelet', 'kube-proxy']) {
  test.serial(`a killed ${program} is started again, and pods live on`, async (t) => {
    await lab.cluster.signalProgram(program, 'SIGKILL');
    const gone = async () => (await lab.cluster.processes()).every(({ name }) => name !== program);
    await waitFor(`${program} is gone`, gone, { timeoutMs: 5_000 });
    await lab.repair();
    t.is(await ask('http://web.one/'), 'hello\n');
    const restarts = 'jsonpath={.status.containerStatuses[0].restartCount}';
    t.is(await lab.cluster.kubectl(['get', 'pod', '-n', 'one', 'web', '-o', restarts]), '0');
  });
}
