import { access, mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { findPrograms } from '../assets/find-program.ts';
import { stateDirectory } from '../paths.ts';
import { findFreePort, isPortFree } from '../programs/ports.ts';
import { run } from '../programs/run.ts';
import type { Cluster, ClusterProvider } from '../provider.ts';
import { forwardPort, stopForwards } from './forward.ts';
import { kubeconfigCluster } from './program-cluster.ts';
import { removeDeployment } from './remove.ts';

/** The name of kubectl's current context; rejects when there is none. */
export async function currentContext(): Promise<string> {
  const { kubectl } = await findPrograms(['kubectl']);
  return (await run([kubectl, 'config', 'current-context'])).trim();
}

/**
 * The cluster of the current kubectl context, which is somebody else's: `up` makes nothing but a copy of the credentials
 * in use, and `down` removes what `up` made there. With the name of a context that `up` was used with, that copy tells
 * the target, whatever kubectl's settings have become since.
 */
export function currentProvider(used?: string): ClusterProvider {
  const currentCluster = async () =>
    used === undefined ? contextCluster(await currentContext(), false) : contextCluster(used, true);
  return {
    kind: 'current',
    async up(progress) {
      return progress.step('the current kubectl context', async (step) => {
        const cluster = await currentCluster();
        step.detail(cluster.name);
        await cluster.kubectl(['get', '--raw', '/readyz'], { timeoutMs: 10_000 });
        return cluster;
      });
    },
    async down(progress) {
      const cluster = await currentCluster();
      await removeDeployment(cluster, progress);
      await stopForwards(directoryOf(cluster.name));
      await rm(directoryOf(cluster.name), { recursive: true, force: true });
    },
    async find() {
      const cluster = await currentCluster().catch(() => undefined);
      return cluster?.kubectl(['get', '--raw', '/readyz'], { timeoutMs: 5_000 }).then(
        () => cluster,
        () => undefined,
      );
    },
  };
}

async function contextCluster(context: string, prefersCopy: boolean): Promise<Cluster> {
  const { kubectl } = await findPrograms(['kubectl']);
  const directory = directoryOf(context);
  const kubeconfigPath = join(directory, 'kubeconfig');
  if (!prefersCopy || !(await isReadable(kubeconfigPath))) {
    const config = await run([kubectl, 'config', 'view', '--context', context, '--minify', '--flatten', '--raw']);
    await mkdir(directory, { recursive: true, mode: 0o700 });
    await writeFile(kubeconfigPath, config, { mode: 0o600 });
  }
  return {
    ...kubeconfigCluster(kubeconfigPath),
    kind: 'current',
    name: context,
    importImages() {
      const message = `images cannot be put into the nodes of ${context}: set IMAGE_REGISTRY to a registry that it pulls from`;
      return Promise.reject(new Error(message));
    },
    async publish(service, localPort) {
      const port = (await isPortFree(localPort)) ? localPort : await findFreePort();
      return forwardPort({ kubectl, kubeconfigPath, directory, service, port });
    },
  };
}

/** Context names may hold anything. */
function directoryOf(context: string): string {
  return stateDirectory('current', encodeURIComponent(context));
}

function isReadable(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
