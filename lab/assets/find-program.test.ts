import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { silentProgress } from '../progress.ts';
import { findPrograms, type ProgramSources } from './find-program.ts';

const sources = (changes: Partial<ProgramSources>): ProgramSources => ({
  env: {},
  findCached: () => Promise.resolve(undefined),
  build: () => Promise.reject(new Error('go: command not found')),
  readVersion: () => Promise.resolve('Kubernetes v1.36.3'),
  ...changes,
});

async function directoryWith(t: { teardown(work: () => Promise<void>): void }, ...names: readonly string[]) {
  const directory = await mkdtemp(join(tmpdir(), 'find-program-'));
  t.teardown(() => rm(directory, { recursive: true }));
  await mkdir(directory, { recursive: true });
  for (const name of names) {
    await writeFile(join(directory, name), '');
    await chmod(join(directory, name), 0o755);
  }
  return directory;
}

test('a TEST_ASSET variable wins over everything else', async (t) => {
  const directory = await directoryWith(t, 'my-etcd', 'etcd');
  const env = { TEST_ASSET_ETCD: join(directory, 'my-etcd'), KUBEBUILDER_ASSETS: directory, PATH: directory };
  const found = await findPrograms(['etcd'], silentProgress, sources({ env, findCached: async () => '/cache' }));
  t.deepEqual(found, { etcd: join(directory, 'my-etcd') });
});

test('a TEST_ASSET variable that names nothing is an error with its value', async (t) => {
  const env = { TEST_ASSET_KUBE_APISERVER: '/nowhere/kube-apiserver' };
  await t.throwsAsync(findPrograms(['kube-apiserver'], silentProgress, sources({ env })), {
    message: /TEST_ASSET_KUBE_APISERVER=\/nowhere\/kube-apiserver/,
  });
});

test('what KUBEBUILDER_ASSETS lacks comes from the cache', async (t) => {
  const directory = await directoryWith(t, 'etcd');
  const found = await findPrograms(
    ['etcd', 'kube-scheduler'],
    silentProgress,
    sources({ env: { KUBEBUILDER_ASSETS: directory }, findCached: async () => '/cache' }),
  );
  t.deepEqual(found, { etcd: join(directory, 'etcd'), 'kube-scheduler': '/cache/kube-scheduler' });
});

test('an old program in PATH is passed over and the missing one is built', async (t) => {
  const directory = await directoryWith(t, 'kube-apiserver', 'kubectl');
  const found = await findPrograms(
    ['kube-apiserver', 'kubectl'],
    silentProgress,
    sources({
      env: { PATH: directory },
      readVersion: async (path) => (path.endsWith('kubectl') ? 'Client Version: v1.35.1' : 'Kubernetes v1.28.0'),
      build: async () => '/built',
    }),
  );
  t.deepEqual(found, { 'kube-apiserver': '/built/kube-apiserver', kubectl: join(directory, 'kubectl') });
});

test('when nothing helps one error names every missing program and the next step', async (t) => {
  const error = await t.throwsAsync(findPrograms(['etcd', 'kubectl'], silentProgress, sources({})));
  t.regex(error.message, /missing etcd, kubectl:.*Install Go 1\.26 or set KUBEBUILDER_ASSETS/);
});
