import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { stateDirectory } from '../paths.ts';
import type { ClusterKind } from '../provider.ts';

/** Where `up` brought a shop. */
export interface UsedCluster {
  readonly kind: ClusterKind;
  /** The kubectl context, when it was the current one. */
  readonly context?: string;
}

/** What `up` used under this name and `down` has not removed since, the latest first. */
export async function usedClusters(name: string): Promise<readonly UsedCluster[]> {
  const text = await readFile(recordPath(name), 'utf8').catch(() => '[]');
  // `as`: written by write() below, as a whole or not at all.
  return JSON.parse(text) as readonly UsedCluster[];
}

/** Remembers what `up` uses, before it makes anything, so that `down` finds it. */
export async function rememberUsed(name: string, cluster: UsedCluster): Promise<void> {
  await write(name, [cluster, ...(await others(name, cluster))]);
}

/** Forgets what `down` removed. */
export async function forgetUsed(name: string, cluster: UsedCluster): Promise<void> {
  await write(name, await others(name, cluster));
}

/** True when both are the same place. */
export function isSameCluster(one: UsedCluster, other: UsedCluster): boolean {
  return one.kind === other.kind && one.context === other.context;
}

async function others(name: string, cluster: UsedCluster): Promise<readonly UsedCluster[]> {
  return (await usedClusters(name)).filter((entry) => !isSameCluster(entry, cluster));
}

async function write(name: string, clusters: readonly UsedCluster[]): Promise<void> {
  const path = recordPath(name);
  if (clusters.length === 0) {
    await rm(path, { force: true });
    return;
  }
  await mkdir(stateDirectory('used'), { recursive: true });
  const draft = `${path}.${process.pid}.draft`;
  await writeFile(draft, JSON.stringify(clusters));
  await rename(draft, path);
}

/** Names may hold anything before a provider has looked at them. */
function recordPath(name: string): string {
  return stateDirectory('used', `${encodeURIComponent(name)}.json`);
}
