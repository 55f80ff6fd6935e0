import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { loadConnection } from './connection.ts';

const variables = ['KUBERNETES_SERVICE_HOST', 'KUBERNETES_SERVICE_PORT', 'KUBECONFIG', 'HOME'] as const;

/** Sets the environment of a pod, with the files of its service account in a directory. */
async function aPod(t: ExecutionContext, environment: Readonly<Record<string, string>> = {}): Promise<string> {
  const before = variables.map((name) => [name, process.env[name]] as const);
  const directory = await mkdtemp(join(tmpdir(), 'pod-'));
  t.teardown(async () => {
    for (const [name, value] of before) {
      if (value === undefined) {
        delete process.env[name];
      } else {
        process.env[name] = value;
      }
    }
    await rm(directory, { recursive: true });
  });
  const pod = { KUBERNETES_SERVICE_HOST: '10.96.0.1', KUBERNETES_SERVICE_PORT: '443', KUBECONFIG: '', HOME: directory };
  Object.assign(process.env, pod, environment);
  await writeFile(join(directory, 'token'), 'first\n');
  await writeFile(join(directory, 'ca.crt'), 'the CA');
  await writeFile(join(directory, 'namespace'), 'ecommerce-system');
  return directory;
}

test.serial('a pod has its address, namespace, CA and token', async (t) => {
  const connection = await loadConnection({ serviceAccountDirectory: await aPod(t) });
  t.is(connection.server, 'https://10.96.0.1:443');
  t.is(connection.namespace, 'ecommerce-system');
  t.deepEqual(await connection.credentials(), {
    headers: { authorization: 'Bearer first' },
    tls: { ca: 'the CA', rejectUnauthorized: true },
  });
});

test.serial('a token that the kubelet has replaced is read when the server refuses the last one', async (t) => {
  const directory = await aPod(t);
  const connection = await loadConnection({ serviceAccountDirectory: directory });
  await writeFile(join(directory, 'token'), 'second');
  t.is((await connection.credentials()).headers['authorization'], 'Bearer first');
  t.is((await connection.credentials({ fresh: true })).headers['authorization'], 'Bearer second');
});

test.serial('an address of IPv6 stands in brackets', async (t) => {
  const directory = await aPod(t, { KUBERNETES_SERVICE_HOST: 'fd00::1' });
  t.is((await loadConnection({ serviceAccountDirectory: directory })).server, 'https://[fd00::1]:443');
});

test.serial('what is missing is named, with the next step', async (t) => {
  const directory = await aPod(t, { KUBERNETES_SERVICE_PORT: '' });
  const load = () => loadConnection({ serviceAccountDirectory: directory });
  await t.throwsAsync(load, { message: /KUBERNETES_SERVICE_PORT="".*must be set.*KUBECONFIG/ });
  process.env['KUBERNETES_SERVICE_PORT'] = '443';
  await writeFile(join(directory, 'token'), '');
  await t.throwsAsync(load, { message: /token is empty/ });
  await rm(join(directory, 'ca.crt'));
  await writeFile(join(directory, 'token'), 'x');
  await t.throwsAsync(load, { message: /ca\.crt cannot be read.*automountServiceAccountToken/ });
});

test.serial('a kubeconfig comes before the service account', async (t) => {
  const directory = await aPod(t);
  const kubeconfig = join(directory, 'kubeconfig');
  const clusters = [{ name: 'c', cluster: { server: 'http://elsewhere:1' } }];
  const contexts = [{ name: 'x', context: { cluster: 'c', user: 'u' } }];
  await writeFile(
    kubeconfig,
    JSON.stringify({ clusters, contexts, users: [{ name: 'u', user: {} }], 'current-context': 'x' }),
  );
  process.env['KUBECONFIG'] = kubeconfig;
  t.is((await loadConnection({ serviceAccountDirectory: directory })).server, 'http://elsewhere:1');
});
