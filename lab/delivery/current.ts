import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { findPrograms } from '../assets/find-program.ts';
import { stateDirectory } from '../paths.ts';
import { findFreePort, isPortFree } from '../programs/ports.ts';
import { run } from '../programs/run.ts';
import type { Cluster, ClusterProvider } from '../provider.ts';
import { forwardPort, stopForwards } from './forward.ts';
import { findHelm, removeRelease } from './helm.ts';
import { operatorName, operatorNamespace, shopNamespace } from './names.ts';
import { kubeconfigCluster } from './program-cluster.ts';

/**
 * The cluster of the current kubectl context, which is somebody else's: `up` makes nothing but a copy of the credentials
 * in use, so that a later change of context does not change the target, and `down` removes what was deployed.
 */
export function currentProvider(): ClusterProvider {
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
      const helm = await findHelm(progress);
      await progress.step(`remove the shop from ${cluster.name}`, async (step) => {
        // The operator must still run while stacks are deleted: it is what cleans up after them.
        step.detail('the stacks');
        await cluster.kubectl(['delete', 'ecommercestacks', '--all', '-n', shopNamespace, '--ignore-not-found']);
        step.detail('the namespaces and the operator');
        await cluster.kubectl(['delete', 'namespace', shopNamespace, '--ignore-not-found']);
        await removeRelease(cluster, helm, operatorName, operatorNamespace);
        await cluster.kubectl(['delete', 'namespace', operatorNamespace, '--ignore-not-found']);
        await stopForwards(directoryOf(cluster.name));
        await rm(directoryOf(cluster.name), { recursive: true, force: true });
      });
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

async function currentCluster(): Promise<Cluster> {
  const { kubectl } = await findPrograms(['kubectl']);
  const context = (await run([kubectl, 'config', 'current-context'])).trim();
  const directory = directoryOf(context);
  const kubeconfigPath = join(directory, 'kubeconfig');
  await mkdir(directory, { recursive: true, mode: 0o700 });
  const config = await run([kubectl, 'config', 'view', '--minify', '--flatten', '--raw']);
  await writeFile(kubeconfigPath, config, { mode: 0o600 });
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
