import { findPrograms } from '../assets/find-program.ts';
import { run } from '../programs/run.ts';
import type { Cluster } from '../provider.ts';

/** The calls of a cluster that need no more than a kubeconfig, for clusters that were not made by us. */
export function kubeconfigCluster(kubeconfigPath: string): Pick<Cluster, 'kubeconfigPath' | 'kubectl' | 'exec'> {
  const env = { KUBECONFIG: kubeconfigPath };
  return {
    kubeconfigPath,
    async kubectl(args, options) {
      const { kubectl } = await findPrograms(['kubectl']);
      return run([kubectl, ...args], { ...options, env: { ...options?.env, ...env } });
    },
    exec() {
      const message =
        'addresses of pods are not reachable from this machine in a cluster that the lab did not make; ' +
        'use CLUSTER=lab, or bring the change into the cluster with: npm run lab -- load';
      return Promise.reject(new Error(message));
    },
  };
}
