import { run } from '../programs/run.ts';
import type { Cluster, ProgramOptions, Progress } from '../provider.ts';
import { findInPath } from './find-in-path.ts';
import { goTool } from './go-tool.ts';
import { isOwn, ownSelector } from './own-objects.ts';

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

/** Whose a release is: one that `up` installed says so in its labels, from its first record on. */
export type ReleaseOwner = 'nobody' | 'own' | 'foreign';

/** Looks at the records that helm keeps of a release; it gives each the labels that the release was installed with. */
export async function findRelease(cluster: Cluster, name: string, namespace: string): Promise<ReleaseOwner> {
  const records = ['get', 'secrets', '-n', namespace, '-l', `owner=helm,name=${name}`];
  const lines = await cluster.kubectl([...records, '-o', 'jsonpath={range .items[*]}{.metadata.labels}{"\\n"}{end}']);
  // `as`: labels as the API server stores them.
  const labels = lines
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as Readonly<Record<string, string>>);
  if (labels.length === 0) {
    return 'nobody';
  }
  return labels.every(isOwn) ? 'own' : 'foreign';
}

/**
 * Installs a chart or brings it up to date; does not wait for what it started. Refuses to change a release in somebody
 * else's cluster that `up` did not install.
 */
export async function installRelease(cluster: Cluster, program: string, release: Release): Promise<void> {
  const { name, namespace } = release;
  const owner = await findRelease(cluster, name, namespace);
  if (owner === 'foreign' && cluster.kind === 'current') {
    throw new Error(
      `the release ${name} in the namespace ${namespace} of ${cluster.name} was not installed by make up, which leaves it ` +
        `as it is. To have this checkout instead, remove it first: helm uninstall ${name} -n ${namespace}`,
    );
  }
  const target = ['upgrade', '--install', name, release.chart, '--namespace', namespace];
  const labels = owner === 'nobody' ? ['--labels', ownSelector] : [];
  await runHelm(cluster, [program, ...target, ...labels, '--history-max', '5', '--values', '-'], {
    input: JSON.stringify(release.values),
  });
}

/** Removes a release and waits until its objects are gone; does nothing when there is none. */
export async function removeRelease(cluster: Cluster, program: string, name: string, namespace: string): Promise<void> {
  await runHelm(cluster, [program, 'uninstall', name, '--namespace', namespace, '--ignore-not-found', '--wait']);
}

async function runHelm(cluster: Cluster, argv: readonly string[], options: ProgramOptions = {}): Promise<void> {
  // Records are Secrets unless a person's setting says otherwise, and then nobody would find them here.
  await run(argv, { ...options, env: { KUBECONFIG: cluster.kubeconfigPath, HELM_DRIVER: 'secret' } });
}
