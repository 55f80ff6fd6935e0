import type { CompleteStack } from '../../api/v1beta1/complete-stack.ts';
import { podsHaveAddresses, storeChecks, templateSeen } from '../../objects/store-checks.ts';
import type { Readiness } from '../contract.ts';
import { faultMarks } from './desired/scripts.ts';
import { differingRights, differingTopics, differingUsers } from './differences.ts';
import { findFault } from './faults.ts';
import type { BuiltinObserved, ClusterFacts, Observed } from './observed.ts';
import { findDeadVote, isQuorumWhole } from './quorum-members.ts';
import { judgeExternal } from './readiness-external.ts';
import { findLagging, findLeaderless } from './safety.ts';

type Check = (observed: BuiltinObserved, stack: CompleteStack) => Readiness | undefined;

const { podsRun, volumesBound, volumesSized } = storeChecks((stack) => stack.kafka.storage);

/** Most fundamental first; the first one that has something to say decides. */
const checks: readonly Check[] = [
  credentialsExist,
  noFault,
  volumesHaveSpace,
  podsRun,
  volumesBound,
  (observed) => podsHaveAddresses(observed, observed.size),
  brokersLetUsIn,
  templateSeen,
  clusterAnswers,
  podsReady,
  ofCluster(brokersRegistered),
  ofCluster(quorumIsWhole),
  ofCluster(partitionsHaveLeaders),
  ofCluster(copiesInSync),
  ofCluster(usersExist),
  ofCluster(topicsExist),
  ofCluster(rightsGiven),
  ofCluster(settingsTaken),
  volumesSized,
];

/** Whether the stack's Kafka can be used as the manifest and the services' declaration want it. */
export function judgeKafka(observed: Observed, stack: CompleteStack): Readiness {
  if (observed.mode === 'External') {
    return judgeExternal(observed, stack);
  }
  for (const check of checks) {
    const verdict = check(observed, stack);
    if (verdict !== undefined) {
      return verdict;
    }
  }
  return { state: 'ready', message: describe(observed) };
}

function describe({ answer, size }: BuiltinObserved): string {
  const topics = answer.state === 'up' ? answer.facts.topics.filter(({ isInternal }) => !isInternal).length : 0;
  return `${size} ${size === 1 ? 'broker serves' : 'brokers serve'} ${topics} topics; all partitions are in sync.`;
}

function progressing(reason: string, message: string, retryAfterMs: number): Readiness {
  return { state: 'progressing', reason, message, retryAfterMs };
}

function failed(reason: string, message: string): Readiness {
  return { state: 'failed', reason, message, terminal: false, retryAfterMs: 5000 };
}

function credentialsExist({ credentials }: BuiltinObserved): Readiness | undefined {
  return credentials === undefined
    ? progressing('CredentialsPending', 'The passwords are being generated.', 1000)
    : undefined;
}

function noFault(observed: BuiltinObserved, stack: CompleteStack): Readiness | undefined {
  const fault = findFault(observed, stack);
  // Terminal, yet looked at again: the volume may come back without any event on an object of ours.
  return fault === undefined ? undefined : { state: 'failed', ...fault, terminal: true, retryAfterMs: 60_000 };
}

function volumesHaveSpace({ pods }: BuiltinObserved, stack: CompleteStack): Readiness | undefined {
  const full = pods.find(({ isReady, lastWords }) => !isReady && lastWords?.startsWith(faultMarks.full) === true);
  if (full === undefined) {
    return undefined;
  }
  const { size } = stack.kafka.storage;
  const free = full.lastWords?.slice(faultMarks.full.length).trim();
  const message = `The volume of ${full.name} is full (${free} MiB of ${size} are free), so its broker cannot start. Set spec.kafka.storage.size to more than ${size}; events are kept for as long as their topic says.`;
  return failed('DiskFull', message);
}

function brokersLetUsIn({ answer }: BuiltinObserved): Readiness | undefined {
  return answer.state === 'refused'
    ? failed(
        'AuthenticationFailed',
        `${answer.message}. Put the operator's password back into the credential Secret: it was set when the cluster was formed.`,
      )
    : undefined;
}

function clusterAnswers({ answer, pods, size, recorded }: BuiltinObserved): Readiness | undefined {
  if (answer.state !== 'silent') {
    return undefined;
  }
  const ready = pods.filter(({ isReady }) => isReady).length;
  if (ready > 0) {
    return progressing('NodeUnreachable', `${answer.message}.`, 1000);
  }
  // A broker takes clients only when a majority of the controllers has elected a leader.
  const hint = recorded.wasReady
    ? ' Its controllers need a majority of their volumes; if those are lost, restore them.'
    : '';
  return progressing('QuorumPending', `0 of ${size} brokers take clients yet.${hint}`, 1000);
}

/** A broker counts as registered for some seconds after its end; its pod knows at once. */
function podsReady({ pods, size }: BuiltinObserved): Readiness | undefined {
  const ready = pods.filter(({ ordinal, isReady, isDeleting }) => ordinal < size && isReady && !isDeleting).length;
  return ready < size ? progressing('PodsNotReady', `${ready} of ${size} brokers take clients.`, 1000) : undefined;
}

function ofCluster(
  check: (facts: ClusterFacts, observed: BuiltinObserved, stack: CompleteStack) => Readiness | undefined,
): Check {
  return (observed, stack) =>
    observed.answer.state === 'up' ? check(observed.answer.facts, observed, stack) : undefined;
}

function brokersRegistered({ brokers }: ClusterFacts, { size }: BuiltinObserved): Readiness | undefined {
  const registered = brokers.filter((id) => id < size).length;
  return registered < size
    ? progressing('BrokersPending', `${registered} of ${size} brokers are registered.`, 1000)
    : undefined;
}

function quorumIsWhole(facts: ClusterFacts, observed: BuiltinObserved): Readiness | undefined {
  return isQuorumWhole(facts, observed) && findDeadVote(facts) === undefined
    ? undefined
    : progressing(
        'QuorumIncomplete',
        `${facts.quorum.voters.length} of ${observed.size} controllers have a vote.`,
        500,
      );
}

function partitionsHaveLeaders(facts: ClusterFacts): Readiness | undefined {
  const message = findLeaderless(facts);
  return message === undefined ? undefined : failed('PartitionsOffline', message);
}

function copiesInSync(facts: ClusterFacts): Readiness | undefined {
  const message = findLagging(facts);
  return message === undefined ? undefined : progressing('CopiesSyncing', message, 1000);
}

function usersExist(facts: ClusterFacts, observed: BuiltinObserved): Readiness | undefined {
  const users = differingUsers(facts, observed);
  return users.length === 0
    ? undefined
    : progressing('UsersPending', `${users.length} users of services get their password.`, 500);
}

function topicsExist(facts: ClusterFacts, observed: BuiltinObserved, stack: CompleteStack): Readiness | undefined {
  const { missing, growing } = differingTopics(facts, observed, stack);
  const count = missing.length + growing.length;
  return count === 0
    ? undefined
    : progressing(
        'TopicsPending',
        `${missing.length} topics are missing, ${growing.length} need more partitions.`,
        500,
      );
}

function rightsGiven(facts: ClusterFacts, _observed: BuiltinObserved, stack: CompleteStack): Readiness | undefined {
  const { missing } = differingRights(facts, stack);
  return missing.length === 0
    ? undefined
    : progressing('RightsPending', `${missing.length} rights of services are not given yet.`, 500);
}

function settingsTaken({ settingsRefusal }: ClusterFacts): Readiness | undefined {
  return settingsRefusal === undefined
    ? undefined
    : failed('InvalidParameters', `${settingsRefusal}. Change spec.kafka.parameters; the brokers keep what they have.`);
}
