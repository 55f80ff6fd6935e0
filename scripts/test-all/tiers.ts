import { constants } from 'node:fs';
import { access } from 'node:fs/promises';
import { platform } from 'node:os';
import { findPrograms } from '../../lab/assets/find-program.ts';
import { findInPath } from '../../lab/delivery/find-in-path.ts';

/** A tier of tests: an npm script, and what a machine must have for it. */
export interface Tier {
  readonly name: string;
  readonly script: string;
  /** Each test is shown as it ends: for tiers whose tests take seconds. */
  readonly isSlow: boolean;
  /** After so many minutes it is ended and has failed: about three times of what it takes on two processors. */
  readonly limitMinutes: number;
  /** Undefined: this machine can run it. Otherwise what is missing, as a sentence that says how to get it. */
  missing(): Promise<string | undefined>;
}

/** Cheapest first: what fails early fails after seconds. Last the counts of the benches, which want the machine alone. */
export const tiers: readonly Tier[] = [
  { name: 'unit', limitMinutes: 5, script: 'test:unit', isSlow: false, missing: nothing },
  { name: 'services', limitMinutes: 30, script: 'test:services', isSlow: true, missing: missingStores },
  { name: 'stores', limitMinutes: 30, script: 'test:stores', isSlow: true, missing: missingStores },
  { name: 'apiserver', limitMinutes: 10, script: 'test:apiserver', isSlow: true, missing: missingControlPlane },
  { name: 'controlplane', limitMinutes: 15, script: 'test:controlplane', isSlow: true, missing: missingControlPlane },
  { name: 'cluster', limitMinutes: 50, script: 'test:cluster', isSlow: true, missing: missingCluster },
  { name: 'bench', limitMinutes: 20, script: 'test:bench', isSlow: true, missing: missingBench },
];

/** True for tiers that run the Kubernetes programs of lab/kubelab, which take minutes to build the first time. */
export function needsKubernetes({ name }: Tier): boolean {
  return ['apiserver', 'controlplane', 'cluster', 'bench'].includes(name);
}

async function nothing(): Promise<undefined> {
  return undefined;
}

async function missingStores(): Promise<string | undefined> {
  // As root with apt-get, the tests install what they need.
  const canInstall = isRoot() && (await findInPath('apt-get')) !== undefined;
  const hasStores = (await findInPath('redis-server')) !== undefined && (await isExecutable(debianPostgres));
  return canInstall || hasStores
    ? undefined
    : 'needs PostgreSQL 15 and Redis: apt-get install postgresql-15 redis-server';
}

const debianPostgres = '/usr/lib/postgresql/15/bin/postgres';

async function missingControlPlane(): Promise<string | undefined> {
  if ((await findInPath('go')) !== undefined) {
    return undefined;
  }
  // Without Go the programs must be there already; nothing is built by this question, as building needs Go.
  const found = findPrograms(['etcd', 'kube-apiserver', 'kube-controller-manager', 'kube-scheduler', 'kubectl']);
  return found.then(
    () => undefined,
    () => 'needs Go 1.26 to build the Kubernetes programs, or KUBEBUILDER_ASSETS',
  );
}

async function missingCluster(): Promise<string | undefined> {
  return platform() === 'linux' && isRoot()
    ? missingControlPlane()
    : 'needs Linux and root for the embedded cluster: sudo make test';
}

async function missingBench(): Promise<string | undefined> {
  return (await missingStores()) ?? (await missingControlPlane());
}

function isRoot(): boolean {
  return process.getuid?.() === 0;
}

function isExecutable(path: string): Promise<boolean> {
  return access(path, constants.X_OK).then(
    () => true,
    () => false,
  );
}
