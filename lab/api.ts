import type { TestCluster, TestClusterOptions } from './cluster/test-cluster.ts';
import type { LocalControlPlane } from './control-plane/local-control-plane.ts';
import { type StartOptions, startLocal } from './control-plane/start.ts';
import { waitFor } from './control-plane/wait.ts';

const controllersTimeoutMs = 60_000;

/**
 * Etcd and kube-apiserver on a free port of loopback, in about three seconds: schema, CEL, server-side apply, watches
 * and access rules are real; nothing acts on what is stored. `await using server = await startApiServer()` stops it at
 * the end of the block; the programs also end when this process is killed.
 */
export function startApiServer(options: StartOptions = {}): Promise<LocalControlPlane> {
  return startLocal(
    {
      programs: ['etcd', 'kube-apiserver'],
      // Without controllers nobody makes service accounts, and pods could not be created for want of one.
      apiServerArguments: ['--disable-admission-plugins=ServiceAccount'],
    },
    options,
  );
}

/**
 * As {@link startApiServer} with kube-controller-manager and kube-scheduler: Deployments make pods (which stay pending,
 * as there is no node), owners' children are collected, autoscalers, disruption budgets and service accounts work.
 */
export async function startControlPlane(options: StartOptions = {}): Promise<LocalControlPlane> {
  const cluster = await startLocal(
    {
      programs: ['etcd', 'kube-apiserver', 'kube-controller-manager', 'kube-scheduler'],
      apiServerArguments: [],
    },
    options,
  );
  const hasAccount = () => cluster.kubectl(['get', 'serviceaccount', 'default', '-n', 'default', '-o', 'name']);
  await waitFor('the controllers made the default service account', hasAccount, {
    timeoutMs: controllersTimeoutMs,
  });
  return cluster;
}

/**
 * A whole lab of its own: a node that runs pods, Services, DNS, volumes, metrics; in about eight seconds once its
 * programs are built. Needs Linux and root. Removed by `stop()`, by the end of an `await using` block, and when this
 * process is killed.
 */
export async function startCluster(options: TestClusterOptions = {}): Promise<TestCluster> {
  // Loaded when asked for: most tests need no more than an API server.
  const { startTestCluster } = await import('./cluster/test-cluster.ts');
  return startTestCluster(options);
}
