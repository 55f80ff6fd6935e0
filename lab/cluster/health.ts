import type { ApiReader } from '../control-plane/api-request.ts';
import { neededDeployments } from './add-ons.ts';
import { controlPlaneDaemons } from './control-plane.ts';
import { findHolder } from './holder.ts';
import { type Inside, listDaemons } from './inside.ts';
import { LabCluster, labApi } from './lab-cluster.ts';
import { labPaths } from './lab-paths.ts';
import { isNodeReady } from './node.ts';
import { programName } from './process-table.ts';
import { type LabState, readState } from './state.ts';

const nodePrograms = ['containerd', 'kubelet', 'kube-proxy'];

/** A lab whose namespaces exist, and what is wrong with it; an empty list means that it can be used. */
export interface Examination {
  readonly cluster: LabCluster;
  readonly faults: readonly string[];
}

/** Looks at the lab `name`; undefined when there is none. */
export async function examineLab(name: string): Promise<Examination | undefined> {
  const paths = labPaths(name);
  const [state, holder] = [await readState(paths), await findHolder(paths)];
  if (state === undefined || holder === undefined) {
    return undefined;
  }
  const inside = { paths, holder };
  return { cluster: new LabCluster(inside, state), faults: await findFaults(inside, state) };
}

/** The lab `name` when all of it runs and answers; undefined otherwise. */
export async function findHealthy(name: string): Promise<LabCluster | undefined> {
  const examination = await examineLab(name);
  return examination?.faults.length === 0 ? examination.cluster : undefined;
}

async function findFaults(inside: Inside, { programs }: LabState): Promise<readonly string[]> {
  const running = (await listDaemons(inside)).map(programName);
  const expected = [...controlPlaneDaemons(inside.paths, programs).map(({ name }) => name), ...nodePrograms];
  const missing = expected.filter((name) => !running.includes(name));
  if (missing.length > 0) {
    return missing.map((name) => `${name} does not run`);
  }
  const api = await labApi(inside.paths.adminKubeconfig).catch(() => undefined);
  if (api === undefined) {
    return ['it has no kubeconfig'];
  }
  try {
    return await findUnready(api);
  } finally {
    api.close();
  }
}

async function findUnready(api: ApiReader): Promise<readonly string[]> {
  const checks = [
    { fault: 'the API server is not ready', isFine: async () => (await api.get('/readyz')) === 'ok' },
    { fault: 'the node is not ready', isFine: () => isNodeReady(api) },
    ...neededDeployments.map(({ namespace, name }) => ({
      fault: `${namespace}/${name} is not available`,
      isFine: () => isAvailable(api, namespace, name),
    })),
  ];
  const outcomes = await Promise.all(checks.map(({ isFine }) => isFine().catch(() => false)));
  return checks.filter((_check, index) => outcomes[index] !== true).map(({ fault }) => fault);
}

/** Which of the Deployments that a lab needs are not available yet, as `namespace/name`. */
export async function missingAddOns(api: ApiReader): Promise<readonly string[]> {
  const outcomes = await Promise.all(neededDeployments.map(({ namespace, name }) => isAvailable(api, namespace, name)));
  return neededDeployments
    .filter((_deployment, index) => outcomes[index] !== true)
    .map(({ namespace, name }) => `${namespace}/${name}`);
}

async function isAvailable(api: ApiReader, namespace: string, name: string): Promise<boolean> {
  // `as`: the shape of the API, apps/v1 Deployment.
  const { status } = JSON.parse(await api.get(`/apis/apps/v1/namespaces/${namespace}/deployments/${name}`)) as {
    readonly status?: { readonly availableReplicas?: number };
  };
  return (status?.availableReplicas ?? 0) > 0;
}
