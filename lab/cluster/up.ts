import { platform } from 'node:os';
import { buildKubelab } from '../assets/kubelab.ts';
import type { ApiReader } from '../control-plane/api-request.ts';
import { waitFor } from '../control-plane/wait.ts';
import { withLock } from '../programs/lock.ts';
import { ensureSystemPackages, nodePackages } from '../programs/system-packages.ts';
import type { Progress, Step } from '../provider.ts';
import { addOnObjects } from './add-ons.ts';
import { addressesOf } from './addresses.ts';
import { ensureCgroups, listHierarchies } from './cgroups.ts';
import { ensureControlPlane, ensureCredentials } from './control-plane.ts';
import { removeEverything } from './down.ts';
import { findHealthy, missingAddOns } from './health.ts';
import { findHolder, startHolder } from './holder.ts';
import { raiseHostSettings } from './host-settings.ts';
import { daemonLog, type Inside } from './inside.ts';
import { LabCluster, labApi } from './lab-cluster.ts';
import { type LabPaths, labPaths } from './lab-paths.ts';
import { ensureNetwork } from './network.ts';
import { ensureNode, ensureRuntime, importArchives } from './node.ts';
import { ensureState, type LabState } from './state.ts';
import { systemImageArchive } from './system-images.ts';

const addOnTimeoutMs = 120_000;

/** Makes the lab `name`, repairs a half-made one, or finds it healthy; see `ClusterProvider.up`. */
export function bringUp(name: string, progress: Progress): Promise<LabCluster> {
  assertPossible();
  const paths = labPaths(name);
  return withLock(
    `lab ${paths.directory}`,
    () => ensureUp(paths, progress),
    () => progress.note(`another process is at work on the lab ${name}; waiting for it`),
  );
}

/** Fails on machines and for users that cannot have a lab, with what they can do instead. */
export function assertPossible(): void {
  if (platform() !== 'linux') {
    throw new Error(`the lab needs Linux, this is ${platform()}: use CLUSTER=kind with a Docker engine`);
  }
  if (process.getuid?.() !== 0) {
    throw new Error('the lab makes namespaces and needs root: run with sudo, or use CLUSTER=kind with a Docker engine');
  }
}

async function ensureUp(paths: LabPaths, progress: Progress): Promise<LabCluster> {
  const healthy = await findHealthy(paths.name);
  if (healthy !== undefined) {
    return healthy;
  }
  await ensureSystemPackages(nodePackages, progress);
  const programs = await buildKubelab(progress);
  const archive = await systemImageArchive(programs, progress);
  if ((await findHolder(paths)) === undefined) {
    // What a killed or rebooted lab left behind.
    await removeEverything(paths);
  }
  const state = await ensureState(paths, programs);
  const inside = await progress.step('namespaces and network', (step) => ensureNamespaces(paths, state, step));
  await ensureCredentials(paths, addressesOf(state.slot));
  const cluster = new LabCluster(inside, state);
  const api = await labApi(paths.adminKubeconfig);
  try {
    await startPrograms({ inside, programs, archive, api }, progress);
    await progress.step('DNS, volumes, metrics', (step) => ensureAddOns(cluster, api, step));
  } finally {
    api.close();
  }
  return cluster;
}

async function ensureNamespaces(paths: LabPaths, state: LabState, step: Step): Promise<Inside> {
  step.log(daemonLog(paths, 'namespaces'));
  await raiseHostSettings();
  const holder = (await findHolder(paths)) ?? (await startHolder(paths, `${state.programs}/pause`));
  const inside = { paths, holder };
  await ensureNetwork(inside, addressesOf(state.slot));
  await ensureCgroups(paths.cgroup, await listHierarchies());
  return inside;
}

interface Parts {
  readonly inside: Inside;
  readonly programs: string;
  readonly archive: string;
  readonly api: ApiReader;
}

async function startPrograms({ inside, programs, archive, api }: Parts, progress: Progress): Promise<void> {
  const runtime = ensureRuntime(inside, programs);
  const images = runtime.then(() => importArchives(inside, [archive]));
  const settings = await progress.step('control plane and container runtime', async (step) => {
    step.log(daemonLog(inside.paths, 'kube-apiserver'));
    const [, started] = await Promise.all([ensureControlPlane(inside, programs, api), runtime, images]);
    return started;
  });
  await progress.step('node', (step) => {
    step.log(daemonLog(inside.paths, 'kubelet'));
    return ensureNode(inside, settings, api);
  });
}

async function ensureAddOns(cluster: LabCluster, api: ApiReader, step: Step): Promise<void> {
  const list = { apiVersion: 'v1', kind: 'List', items: addOnObjects(labPaths(cluster.name).volumes) };
  const apply = ['apply', '--server-side', '--force-conflicts', '-f', '-'];
  await cluster.kubectl(apply, { input: JSON.stringify(list) });
  const areAvailable = async () => {
    const missing = await missingAddOns(api);
    if (missing.length > 0) {
      step.detail(`waiting for ${missing.join(', ')}`);
    }
    return missing.length === 0;
  };
  await waitFor('DNS and volumes are available', areAvailable, {
    timeoutMs: addOnTimeoutMs,
    explain: () => cluster.kubectl(['get', 'pods,events', '--all-namespaces']),
  });
}
