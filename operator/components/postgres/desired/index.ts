import type { CompleteStack } from '../../../api/v1beta1/complete-stack.ts';
import { podStatus, workloadStatus } from '../../../objects/live-status.ts';
import type { Desired, DesiredContext, Held } from '../../contract.ts';
import {
  claimSizeLabel,
  clusterStateName,
  majorLabel,
  namesOf,
  podRef,
  roleLabel,
  roles,
  statefulSetRef,
  wantedInstances,
} from '../names.ts';
import { refusedParameters } from '../parameters.ts';
import { buildClusterState, buildConfig } from './config.ts';
import { buildDisruptionBudget } from './pdb.ts';
import { buildAccess } from './rbac.ts';
import { buildConnections } from './secrets.ts';
import { buildServices } from './services.ts';
import { buildStatefulSet } from './stateful-set.ts';

/** Everything that the stack's PostgreSQL consists of; in `External` mode only the connection Secrets. */
export function buildDesired(stack: CompleteStack, context: DesiredContext): Desired {
  if (stack.postgres.mode === 'CloudNativePG') {
    return { objects: [], held: [] };
  }
  const secret = (name: string) => context.secret(name);
  const connections = buildConnections(stack, secret);
  if (stack.postgres.mode === 'External') {
    return connections;
  }
  const held = holdServers(stack, context);
  const servers =
    held === undefined
      ? [
          buildConfig(stack),
          buildStatefulSet(stack, {
            replicas: safeReplicas(stack, context),
            claimSize: claimSize(stack, context),
            major: majorOf(stack),
            secret,
          }),
        ]
      : [];
  return {
    objects: [
      ...buildAccess(stack),
      ...buildServices(stack),
      ...buildDisruptionBudget(stack),
      buildClusterState(stack, bornMajor(stack, context) ?? majorOf(stack)),
      ...connections.objects,
      ...servers,
    ],
    held: [...connections.held, ...(held ?? [])],
  };
}

/** Major version that the manifest names: `17` of `17.2`. */
export function majorOf(stack: CompleteStack): string {
  return stack.postgres.version.split('.')[0] ?? stack.postgres.version;
}

/** Major version that the manifest named when the data was made; `undefined` before that. */
export function bornMajor(stack: CompleteStack, context: Pick<DesiredContext, 'live'>): string | undefined {
  const { namespace } = stack;
  const core = (kind: string, name: string) => context.live({ apiVersion: 'v1', kind, namespace, name });
  // Data exists once its identity is recorded; what outlives the stack knows of it, the StatefulSet does not.
  const hasData = core('Secret', namesOf(stack).credentials)?.identity !== undefined;
  const retained = hasData ? core('ConfigMap', clusterStateName(stack))?.labels[majorLabel] : undefined;
  return retained ?? context.live(statefulSetRef(stack))?.labels[majorLabel];
}

/** Servers of a new major version cannot read the data, and refused parameters must change nothing. */
function holdServers(stack: CompleteStack, context: DesiredContext): readonly Held[] | undefined {
  const born = bornMajor(stack, context);
  if (born !== undefined && born !== majorOf(stack)) {
    return hold(stack, 'MajorVersionChange', `The data is of PostgreSQL ${born}.`);
  }
  if (refusedParameters(stack.postgres).length > 0) {
    return hold(stack, 'InvalidParameters', 'spec.postgres.parameters names a parameter that may not be set.');
  }
  return undefined;
}

function hold(stack: CompleteStack, reason: string, message: string): readonly Held[] {
  const config = buildConfig(stack);
  const { namespace } = stack;
  return [
    { ref: statefulSetRef(stack), reason, message },
    { ref: { apiVersion: 'v1', kind: 'ConfigMap', namespace, name: config.metadata.name }, reason, message },
  ];
}

/** Kubernetes refuses any change of a claim template, so it keeps its first size; the claims themselves are grown. */
function claimSize(stack: CompleteStack, context: DesiredContext): string {
  return context.live(statefulSetRef(stack))?.labels[claimSizeLabel] ?? stack.postgres.storage.size;
}

/**
 * The wanted number of pods, or more for now: the StatefulSet takes pods away from the top, and the leader must not be
 * among them. While nobody leads, none is taken away.
 */
function safeReplicas(stack: CompleteStack, context: DesiredContext): number {
  const wanted = wantedInstances(stack);
  const live = context.live(statefulSetRef(stack));
  const present = live === undefined ? wanted : (workloadStatus(live).specReplicas ?? wanted);
  if (present <= wanted) {
    return wanted;
  }
  const leader = Array.from({ length: present }, (_, ordinal) => ordinal).find((ordinal) => {
    const pod = context.live(podRef(stack, ordinal));
    return pod?.labels[roleLabel] === roles.leader && podStatus(pod).ready === true;
  });
  return leader === undefined ? present : Math.max(wanted, leader + 1);
}
