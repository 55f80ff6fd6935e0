import { createLabProvider } from '../cluster/lab-provider.ts';
import { chooseCluster, inspectMachine } from '../delivery/choose.ts';
import { currentContext, currentProvider } from '../delivery/current.ts';
import { kindProvider } from '../delivery/kind.ts';
import { isSameCluster, type UsedCluster, usedClusters } from '../delivery/used-clusters.ts';
import type { Cluster, ClusterProvider } from '../provider.ts';

/** A provider and the half sentence that says why it is this one. */
export interface ChosenProvider {
  readonly provider: ClusterProvider;
  /** What to remember of it. */
  readonly place: UsedCluster;
  readonly reason: string;
  /** What `up` used under the same name as well, and is still there. */
  readonly others: readonly UsedCluster[];
}

/** What for: only `up` makes something new. */
export type Purpose = 'make' | 'find';

/**
 * The provider that CLUSTER asks for; without it the one that `up` used last under this name, since a machine may have
 * got a Docker engine in between; else the one that this machine decides on.
 */
export async function chooseProvider(name: string, purpose: Purpose = 'find'): Promise<ChosenProvider> {
  const used = await usedClusters(name);
  const last = isAsked() ? undefined : used.find(({ kind }) => purpose === 'find' || kind !== 'current');
  const { place, reason } =
    last === undefined ? await choosePlace() : { place: last, reason: 'make up used it last under this name' };
  const others = used.filter((entry) => !isSameCluster(entry, place));
  return { provider: providerOf(place, name, last !== undefined), place, reason, others };
}

/** The cluster that runs; rejects when there is none, with how to make it. */
export async function findCluster(name: string): Promise<Cluster> {
  const { provider, others } = await chooseProvider(name);
  const cluster = await provider.find();
  if (cluster === undefined) {
    throw new Error(
      [
        `no ${provider.kind} cluster "${name}" runs, or it does not answer: npm run lab -- up --name ${name}`,
        ...describeOthers(name, others),
      ].join('\n'),
    );
  }
  return cluster;
}

/** Lines for a person about clusters that a command does not touch. */
export function describeOthers(name: string, others: readonly UsedCluster[]): readonly string[] {
  return others.map(({ kind, context }) =>
    context === undefined
      ? `make up used ${kind} "${name}" as well: CLUSTER=${kind} leads there`
      : `make up used the context ${context} as well: kubectl config use-context ${context} and CLUSTER=current lead there`,
  );
}

function isAsked(): boolean {
  const requested = process.env['CLUSTER'];
  return requested !== undefined && requested !== '';
}

async function choosePlace(): Promise<{ readonly place: UsedCluster; readonly reason: string }> {
  const { kind, reason } = chooseCluster(await inspectMachine());
  return { place: kind === 'current' ? { kind, context: await currentContext() } : { kind }, reason };
}

function providerOf({ kind, context }: UsedCluster, name: string, isRecorded: boolean): ClusterProvider {
  switch (kind) {
    case 'lab':
      return createLabProvider(name);
    case 'kind':
      return kindProvider(name);
    case 'current':
      return currentProvider(isRecorded ? context : undefined);
  }
}
