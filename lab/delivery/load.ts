import { serviceNames } from '../images/catalog.ts';
import type { Cluster, Progress } from '../provider.ts';
import { installOperator, waitForOperator } from './deploy.ts';
import { findHelm } from './helm.ts';
import { operatorName } from './names.ts';
import { supplyImages } from './supply.ts';

/** Workloads whose pods are replaced after their image changed; the stores' pods are the operator's to replace. */
export interface Workload {
  readonly namespace: string;
  readonly name: string;
  readonly image: string;
}

const rolloutTimeout = '120s';

/**
 * Rebuilds images from the checkout, brings them to the cluster and restarts the Deployments that run them; resolves
 * when the new pods are ready. `names`: `operator` or services; none means all of them. Seconds when little changed.
 */
export async function loadImages(cluster: Cluster, names: readonly string[], progress: Progress): Promise<void> {
  const version = firstVersion(
    await cluster.kubectl(['get', 'ecommercestacks', '-A', '-o', 'jsonpath={..spec.version}']),
  );
  const wanted = names.length > 0 ? names : ['operator', ...(await serviceNames())];
  const { changed, values } = await supplyImages(cluster, { names: wanted, version }, progress);
  if (values !== undefined) {
    const helm = await findHelm(progress);
    await progress.step('update the operator', async () => {
      await installOperator(cluster, helm, values);
      await waitForOperator(cluster);
    });
  }
  const stale = workloadsOf(await cluster.kubectl(['get', 'deployments', '-A', '-o', 'json']), changed);
  for (const workload of stale) {
    await progress.step(`restart ${workload.namespace}/${workload.name}`, () => restart(cluster, workload));
  }
  if (changed.length === 0) {
    progress.note('nothing changed: the cluster runs these sources already');
  }
}

/** Stacks of several versions may run side by side; images are loaded under the version of the first. */
function firstVersion(versions: string): string {
  return versions.trim().split(/\s+/)[0] || '1.0.0';
}

/** The Deployments, from kubectl's JSON list, that run one of the images, but for the operator's own. */
export function workloadsOf(json: string, images: readonly string[]): readonly Workload[] {
  // `as`: a DeploymentList as kubectl prints it.
  const { items } = JSON.parse(json) as { readonly items: readonly DeploymentObject[] };
  return items.flatMap(({ metadata: { namespace, name }, spec }) => {
    const image = spec.template.spec.containers.map((container) => container.image).find((one) => images.includes(one));
    return image === undefined || name === operatorName ? [] : [{ namespace, name, image }];
  });
}

interface DeploymentObject {
  readonly metadata: { readonly namespace: string; readonly name: string };
  readonly spec: {
    readonly template: { readonly spec: { readonly containers: readonly { readonly image: string }[] } };
  };
}

async function restart(cluster: Cluster, { namespace, name }: Workload): Promise<void> {
  await cluster.kubectl(['rollout', 'restart', `deployment/${name}`, '-n', namespace]);
  await cluster.kubectl(['rollout', 'status', `deployment/${name}`, '-n', namespace, `--timeout=${rolloutTimeout}`]);
}
