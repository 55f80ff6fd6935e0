import { platform } from 'node:os';
import { run, succeeds } from '../programs/run.ts';
import type { ClusterKind } from '../provider.ts';
import { findInPath } from './find-in-path.ts';

/** What the choice of a cluster depends on. */
export interface Machine {
  /** CLUSTER of the environment; empty or undefined leaves the choice to us. */
  readonly requested: string | undefined;
  /** A Docker engine answers. */
  readonly hasDocker: boolean;
  readonly hasKind: boolean;
  /** kind can be built. */
  readonly hasGo: boolean;
  readonly isLinux: boolean;
  readonly isRoot: boolean;
}

/** A cluster and the half sentence that says why it is this one. */
export interface Choice {
  readonly kind: ClusterKind;
  readonly reason: string;
}

const kinds: readonly ClusterKind[] = ['lab', 'kind', 'current'];

/**
 * Where `make up` goes: what CLUSTER asks for; else kind where Docker and kind are there; else the embedded lab on Linux
 * as root. The current context is never chosen by itself: it may be somebody's production. Fails with what to install.
 */
export function chooseCluster(machine: Machine): Choice {
  if (machine.requested !== undefined && machine.requested !== '') {
    return requestedCluster(machine, machine.requested);
  }
  if (machine.hasDocker && machine.hasKind) {
    return { kind: 'kind', reason: 'a Docker engine and kind are here' };
  }
  if (machine.isLinux && machine.isRoot) {
    return {
      kind: 'lab',
      reason: `${machine.hasDocker ? 'kind is not here' : 'no Docker engine is here'}, Linux and root are`,
    };
  }
  if (machine.hasDocker && machine.hasGo) {
    return { kind: 'kind', reason: 'a Docker engine is here, and Go to build kind with' };
  }
  throw new Error(
    'no cluster can be made here: start a Docker engine and install kind (https://kind.sigs.k8s.io), or use Linux as root ' +
      '(sudo make up) for the embedded cluster, or CLUSTER=current for the current kubectl context',
  );
}

function requestedCluster(machine: Machine, requested: string): Choice {
  const kind = kinds.find((name) => name === requested);
  if (kind === undefined) {
    throw new Error(`CLUSTER=${requested}: choose one of ${kinds.join(', ')}, or leave it out`);
  }
  if (kind === 'lab' && !(machine.isLinux && machine.isRoot)) {
    throw new Error(
      `CLUSTER=lab needs ${machine.isLinux ? 'root: sudo make up' : 'Linux; on this system use Docker and CLUSTER=kind'}`,
    );
  }
  if (kind === 'kind' && !machine.hasDocker) {
    throw new Error(
      'CLUSTER=kind needs a running Docker engine, and "docker info" does not reach one: start it, or use CLUSTER=lab',
    );
  }
  if (kind === 'kind' && !machine.hasKind && !machine.hasGo) {
    throw new Error('CLUSTER=kind needs the program kind (https://kind.sigs.k8s.io), or Go 1.26 to build it');
  }
  return { kind, reason: `CLUSTER=${kind} asks for it` };
}

/** Looks at this machine; asking Docker takes a moment, so it is asked only when there is a client. */
export async function inspectMachine(): Promise<Machine> {
  return {
    requested: process.env['CLUSTER'],
    hasDocker: (await findInPath('docker')) !== undefined && (await dockerAnswers()),
    hasKind: (await findInPath('kind')) !== undefined,
    hasGo: await succeeds(['go', 'version']),
    isLinux: platform() === 'linux',
    isRoot: process.getuid?.() === 0,
  };
}

async function dockerAnswers(): Promise<boolean> {
  const answer = run(['docker', 'version', '--format', '{{.Server.Version}}'], { timeoutMs: 10_000 });
  return answer.then(
    (version) => version.trim() !== '',
    () => false,
  );
}
