import { createLabProvider } from '../cluster/lab-provider.ts';
import { chooseCluster, inspectMachine } from '../delivery/choose.ts';
import { currentProvider } from '../delivery/current.ts';
import { kindProvider } from '../delivery/kind.ts';
import type { Cluster, ClusterKind, ClusterProvider } from '../provider.ts';

/** A provider and the half sentence that says why it is this one. */
export interface ChosenProvider {
  readonly provider: ClusterProvider;
  readonly reason: string;
}

/** The provider that CLUSTER or this machine decides on. */
export async function chooseProvider(name: string): Promise<ChosenProvider> {
  const { kind, reason } = chooseCluster(await inspectMachine());
  return { provider: providerOf(kind, name), reason };
}

/** The cluster that runs; rejects when there is none, with how to make it. */
export async function findCluster(name: string): Promise<Cluster> {
  const { provider } = await chooseProvider(name);
  const cluster = await provider.find();
  if (cluster === undefined) {
    throw new Error(
      `no ${provider.kind} cluster "${name}" runs, or it does not answer: npm run lab -- up --name ${name}`,
    );
  }
  return cluster;
}

function providerOf(kind: ClusterKind, name: string): ClusterProvider {
  switch (kind) {
    case 'lab':
      return createLabProvider(name);
    case 'kind':
      return kindProvider(name);
    case 'current':
      return currentProvider();
  }
}
