import { access, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { ApiReader } from '../control-plane/api-request.ts';
import {
  apiServerArguments,
  controllerManagerArguments,
  etcdArguments,
  schedulerArguments,
} from '../control-plane/arguments.ts';
import { createCredentials } from '../control-plane/credentials.ts';
import { waitFor } from '../control-plane/wait.ts';
import { type LabAddresses, nodeAddress } from './addresses.ts';
import { assertRunning, type Daemon, ensureDaemon, type Inside } from './inside.ts';
import type { LabPaths } from './lab-paths.ts';
import { nodeName } from './node-config.ts';

const readyTimeoutMs = 90_000;
const apiServerPort = 6443;

/** Makes certificates and kubeconfigs unless the lab has them. */
export async function ensureCredentials(paths: LabPaths, addresses: LabAddresses): Promise<void> {
  if (await exists(paths.adminKubeconfig)) {
    return;
  }
  const draft = `${paths.credentials}.draft`;
  await rm(draft, { recursive: true, force: true });
  await createCredentials({
    directory: draft,
    serverUrl: addresses.serverUrl,
    addresses: [nodeAddress, addresses.labAddress],
    nodes: { [nodeName]: nodeAddress },
  });
  await rename(draft, paths.credentials);
}

/** The programs of the control plane, in the order in which they are started. */
export function controlPlaneDaemons(paths: LabPaths, programs: string): readonly Daemon[] {
  const daemon = (name: string, args: readonly string[]) => ({ name, argv: [join(programs, name), ...args] });
  const { credentials } = paths;
  const extra = [`--advertise-address=${nodeAddress}`, `--cert-dir=${join(paths.directory, 'generated-certificates')}`];
  return [
    daemon('etcd', etcdArguments(paths.directory)),
    daemon(
      'kube-apiserver',
      apiServerArguments({ credentialsDirectory: credentials, port: apiServerPort, bindAddress: '0.0.0.0', extra }),
    ),
    daemon('kube-controller-manager', controllerManagerArguments(credentials)),
    daemon('kube-scheduler', schedulerArguments(credentials)),
  ];
}

/** Starts what does not run of the control plane; resolves when the API server answers ready. */
export async function ensureControlPlane(lab: Inside, programs: string, api: ApiReader): Promise<void> {
  const daemons = controlPlaneDaemons(lab.paths, programs);
  for (const daemon of daemons) {
    await ensureDaemon(lab, daemon);
  }
  await waitFor('the API server is ready', () => isReady(lab, api), { timeoutMs: readyTimeoutMs });
}

async function isReady(lab: Inside, api: ApiReader): Promise<boolean> {
  try {
    return (await api.get('/readyz')) === 'ok';
  } catch (error) {
    for (const name of ['etcd', 'kube-apiserver']) {
      await assertRunning(lab, name);
    }
    throw error;
  }
}

function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
