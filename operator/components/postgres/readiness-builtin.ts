import type { CompleteStack } from '../../api/v1beta1/complete-stack.ts';
import {
  describeGrowth,
  describePendingClaim,
  describePodProblem,
  findPendingClaim,
  growingClaims,
  type ObservedClaim,
} from '../../objects/claims.ts';
import { findPodProblem } from '../../objects/pod-problem.ts';
import type { Readiness } from '../contract.ts';
import { majorOf } from './desired/index.ts';
import { namesInPatch, planConfigPatch, wantedDynamicConfig } from './dynamic-config.ts';
import {
  factsOf,
  isEveryVolumeEmpty,
  isHealthyReplica,
  isOutdated,
  isTemplateTakenUp,
  leaderOf,
  replicasOf,
  standbyOf,
  wantedOf,
} from './members.ts';
import { clusterStateName, namesOf, wantedInstances } from './names.ts';
import type { ObservedBuiltin } from './observed.ts';
import { refusedParameters } from './parameters.ts';
import type { Check } from './readiness.ts';
import {
  credentialsCheck,
  failed,
  identityCheck,
  progressing,
  provisionedCheck,
  stalled,
  unreachable,
} from './readiness-common.ts';

/** Most fundamental first: what stops everything, then what stops pods, the leader, the replicas, and last day-2 work. */
export const builtinChecks: readonly Check<ObservedBuiltin>[] = [
  { name: 'parametersAllowed', judge: checkParameters },
  { name: 'majorUnchanged', judge: checkMajor },
  { name: 'identityMatches', judge: identityCheck },
  { name: 'credentials', judge: credentialsCheck },
  { name: 'statefulSetExists', judge: checkStatefulSet },
  { name: 'podsRun', judge: checkPods },
  { name: 'volumesBound', judge: checkVolumes },
  { name: 'dataPresent', judge: checkData },
  { name: 'leaderPresent', judge: checkLeader },
  { name: 'leaderAnswers', judge: checkQuery },
  { name: 'provisioned', judge: provisionedCheck },
  { name: 'replicasStreaming', judge: checkReplicas },
  { name: 'synchronousStandby', judge: checkSynchronous },
  { name: 'shapeWanted', judge: checkSurplus },
  { name: 'podsCurrent', judge: checkRoll },
  { name: 'settingsSent', judge: checkSettings },
  { name: 'settingsActive', judge: checkPendingRestart },
  { name: 'volumesSized', judge: checkSizes },
];

function checkParameters(_observed: ObservedBuiltin, stack: CompleteStack): Readiness | undefined {
  const refused = refusedParameters(stack.postgres);
  if (refused.length === 0) {
    return undefined;
  }
  const list = refused.map(({ name, why }) => `${name} (${why})`).join(', ');
  return stalled('InvalidParameters', `spec.postgres.parameters may not set ${list}; take it out.`);
}

function checkMajor({ bornMajor }: ObservedBuiltin, stack: CompleteStack): Readiness | undefined {
  const wanted = majorOf(stack);
  return bornMajor === undefined || bornMajor === wanted
    ? undefined
    : stalled(
        'MajorVersionChange',
        `spec.postgres.version is ${wanted}, but the data is of PostgreSQL ${bornMajor}, which servers of ${wanted} cannot read. Set it back to ${bornMajor}, or move the data to a new stack.`,
      );
}

function checkStatefulSet({ statefulSet }: ObservedBuiltin): Readiness | undefined {
  return statefulSet === undefined || statefulSet.deleting
    ? progressing('Creating', 'The StatefulSet is being created.')
    : undefined;
}

function checkPods(observed: ObservedBuiltin, stack: CompleteStack): Readiness | undefined {
  const problem = findPodProblem(wantedOf(observed, stack).map(({ pod }) => pod));
  return problem === undefined
    ? undefined
    : failed(problem.reason, describePodProblem(problem, observed.claims, stack.postgres.storage.className));
}

function checkVolumes({ claims }: ObservedBuiltin, stack: CompleteStack): Readiness | undefined {
  const lost = claims.find(({ phase }) => phase === 'Lost');
  if (lost !== undefined) {
    return failed(
      'VolumeLost',
      `The volume of claim ${lost.name} no longer exists; restore it, or delete the claim and its pod to clone the data anew.`,
    );
  }
  const pending = findPendingClaim(claims);
  return pending === undefined
    ? undefined
    : progressing('VolumePending', describePendingClaim(pending, stack.postgres.storage.className));
}

function checkData(observed: ObservedBuiltin, stack: CompleteStack): Readiness | undefined {
  const { recordedIdentity } = observed;
  if (recordedIdentity === undefined || !isEveryVolumeEmpty(observed, stack)) {
    return undefined;
  }
  return stalled(
    'DataMissing',
    `Recorded is the database system ${recordedIdentity}, but every volume is empty. Bring the volumes back, or begin anew: delete the stack, then Secret ${namesOf(stack).credentials} and ConfigMap ${clusterStateName(stack)}.`,
  );
}

function checkLeader(observed: ObservedBuiltin, stack: CompleteStack): Readiness | undefined {
  if (leaderOf(observed.instances) !== undefined) {
    return undefined;
  }
  const said = wantedOf(observed, stack).map(({ name, member, silence }) =>
    member === undefined ? `${name}: ${silence}` : `${name}: ${member.role}, ${member.state}`,
  );
  const seen = said.length === 0 ? 'no pod exists yet' : said.join('; ');
  return progressing(
    observed.recordedIdentity === undefined ? 'Bootstrapping' : 'NoLeader',
    `No instance leads (${seen}); Patroni chooses one as soon as it can.`,
  );
}

function checkQuery(observed: ObservedBuiltin): Readiness | undefined {
  const { server } = observed;
  if (server === undefined || !server.reachable) {
    return server === undefined
      ? progressing('WaitingForCredentials', 'No password for a query yet.')
      : unreachable(server);
  }
  return server.inRecovery
    ? progressing('Promoting', 'The leader is being promoted and takes no writes yet.')
    : undefined;
}

function checkReplicas(observed: ObservedBuiltin, stack: CompleteStack): Readiness | undefined {
  const replicas = replicasOf(observed).filter(({ ordinal }) => ordinal < wantedInstances(stack));
  const healthy = replicas.filter((replica) => isHealthyReplica(observed, replica));
  const wanted = stack.postgres.readReplicas;
  if (healthy.length >= wanted) {
    return undefined;
  }
  const others = replicas
    .filter((replica) => !healthy.includes(replica))
    .map(
      (replica) =>
        `${replica.name}: ${standbyOf(observed, replica)?.state ?? replica.member?.state ?? replica.silence}`,
    );
  const absent = others.length === 0 ? 'the others do not exist yet' : others.join('; ');
  return progressing(
    'ReplicasNotStreaming',
    `${healthy.length} of ${wanted} replicas stream from the primary (${absent}).`,
  );
}

function checkSynchronous(observed: ObservedBuiltin, stack: CompleteStack): Readiness | undefined {
  const { synchronous, readReplicas } = stack.postgres;
  const hasSync = factsOf(observed)?.standbys.some(({ sync }) => sync) === true;
  return synchronous && readReplicas > 0 && !hasSync
    ? progressing('NoSynchronousStandby', 'No replica confirms commits yet; Patroni names one within a few seconds.')
    : undefined;
}

/** Instances beyond the wanted number are still there: one of them may even lead. */
function checkSurplus(observed: ObservedBuiltin, stack: CompleteStack): Readiness | undefined {
  const surplus = observed.instances.filter(({ ordinal }) => ordinal >= wantedInstances(stack));
  return surplus.length === 0
    ? undefined
    : progressing('Scaling', `On their way out: ${surplus.map(({ name }) => name).join(', ')}.`);
}

function checkRoll(observed: ObservedBuiltin): Readiness | undefined {
  if (!isTemplateTakenUp(observed)) {
    return progressing('Rolling', 'The StatefulSet controller has not taken up the changed template yet.');
  }
  const outdated = observed.instances.filter((instance) => isOutdated(observed, instance));
  return outdated.length === 0
    ? undefined
    : progressing(
        'Rolling',
        `${outdated.length} of ${observed.instances.length} pods run the former template: ${outdated.map(({ name }) => name).join(', ')}.`,
      );
}

function checkSettings(observed: ObservedBuiltin, stack: CompleteStack): Readiness | undefined {
  const { dynamicConfig } = observed;
  const patch = dynamicConfig === undefined ? undefined : planConfigPatch(dynamicConfig, wantedDynamicConfig(stack));
  return patch === undefined
    ? undefined
    : progressing('ChangingSettings', `The servers are being told to change ${namesInPatch(patch).join(', ')}.`);
}

function checkPendingRestart(observed: ObservedBuiltin): Readiness | undefined {
  const waiting = observed.instances.filter(
    ({ name, member }) => member?.pendingRestart === true && !observed.restarted.includes(name),
  );
  return waiting.length === 0
    ? undefined
    : progressing(
        'RestartPending',
        `Changed settings wait for a restart of ${waiting.map(({ name }) => name).join(', ')}.`,
      );
}

function checkSizes({ expansionRefusal, claims }: ObservedBuiltin, stack: CompleteStack): Readiness | undefined {
  const { size } = stack.postgres.storage;
  if (expansionRefusal !== undefined) {
    const cure = cureOfRefusal(growingClaims(claims, size)[0]);
    return failed('VolumeExpansionRefused', `The volumes cannot grow to ${size}: ${expansionRefusal}. ${cure}`);
  }
  const growth = describeGrowth(claims, size);
  return growth === undefined ? undefined : progressing('VolumeGrowing', growth);
}

/** Neither the size nor the class of the manifest can be taken back: what a person can change is the class itself. */
function cureOfRefusal(claim: ObservedClaim | undefined): string {
  const name = claim?.className;
  const move = 'move the data to a new stack: a stated size cannot be taken back.';
  return name === undefined
    ? `Volumes without a storage class never grow; ${move}`
    : `If the driver of StorageClass ${name} can grow volumes, set its allowVolumeExpansion to true (this is tried again every 10 min); if not, ${move}`;
}
