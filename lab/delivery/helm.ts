import { run } from '../programs/run.ts';
import type { Cluster, Progress } from '../provider.ts';
import { findInPath } from './find-in-path.ts';
import { goTool } from './go-tool.ts';

const helm = { name: 'helm', module: 'helm.sh/helm/v3/cmd/helm@v3.21.4' };
/** The oldest in PATH that we use: 3.14 is what the charts of today's clusters are tested with. */
const oldest = { major: 3, minor: 14 };

/** One installation of a chart. */
export interface Release {
  readonly name: string;
  readonly namespace: string;
  /** Directory of the chart. */
  readonly chart: string;
  readonly values: object;
}

/** The path of helm: that of PATH when it is new enough, else our own build. */
export async function findHelm(progress: Progress): Promise<string> {
  const installed = await findInPath(helm.name);
  const version = installed === undefined ? '' : await run([installed, 'version', '--short']).catch(() => '');
  return installed !== undefined && isUsable(version) ? installed : goTool(helm, progress);
}

/** True for what `helm version --short` prints of a helm that is not too old, e.g. `v3.21.4+g1a2b3c4`. */
export function isUsable(version: string): boolean {
  const [, major = '0', minor = '0'] = /v(\d+)\.(\d+)/.exec(version) ?? [];
  return Number(major) > oldest.major || (Number(major) === oldest.major && Number(minor) >= oldest.minor);
}

/** Installs a chart or brings it up to date; does not wait for what it started. */
export async function installRelease(cluster: Cluster, program: string, release: Release): Promise<void> {
  const target = ['upgrade', '--install', release.name, release.chart, '--namespace', release.namespace];
  await run([program, ...target, '--history-max', '5', '--values', '-'], {
    input: JSON.stringify(release.values),
    env: { KUBECONFIG: cluster.kubeconfigPath },
  });
}

/** Removes a release and waits until its objects are gone; does nothing when there is none. */
export async function removeRelease(cluster: Cluster, program: string, name: string, namespace: string): Promise<void> {
  await run([program, 'uninstall', name, '--namespace', namespace, '--ignore-not-found', '--wait'], {
    env: { KUBECONFIG: cluster.kubeconfigPath },
  });
}
