import type { CompleteStack } from '../../api/v1beta1/complete-stack.ts';
import { podsHaveAddresses, storeChecks } from '../../objects/store-checks.ts';
import type { Readiness } from '../contract.ts';
import { findFault } from './faults.ts';
import type { BuiltinObserved, ClusterFacts, Observed } from './observed.ts';
import { judgeExternal } from './readiness-external.ts';
import { findMissingCopies, findMissingPrimaries, findMoving } from './shards.ts';

type Check = (observed: BuiltinObserved, stack: CompleteStack) => Readiness | undefined;

const { podsRun, volumesBound, volumesSized } = storeChecks((stack) => stack.elasticsearch.storage);

/** Most fundamental first; the first one that has something to say decides. */
const checks: readonly Check[] = [
  credentialsExist,
  noFault,
  podsRun,
  volumesBound,
  (observed) => podsHaveAddresses(observed, observed.size),
  serverLetsUsIn,
  clusterAnswers,
  ofCluster(nodesJoined),
  ofCluster(primariesServe),
  ofCluster(disksHaveRoom),
  ofCluster(copiesInPlace),
  templateSeen,
  volumesSized,
];

/** Whether the stack's Elasticsearch can be used as the manifest wants it. */
export function judgeElasticsearch(observed: Observed, stack: CompleteStack): Readiness {
  switch (observed.mode) {
    case 'ECK':
      return {
        state: 'failed',
        reason: 'NotImplemented',
        message:
          'spec.elasticsearch.mode ECK cannot be built by this operator version yet; choose Builtin or External.',
        terminal: true,
        retryAfterMs: 300_000,
      };
    case 'External':
      return judgeExternal(observed, stack);
    case 'Builtin':
      return judgeBuiltin(observed, stack);
  }
}

function judgeBuiltin(observed: BuiltinObserved, stack: CompleteStack): Readiness {
  for (const check of checks) {
    const verdict = check(observed, stack);
    if (verdict !== undefined) {
      return verdict;
    }
  }
  return { state: 'ready', message: describe(observed) };
}

function describe({ answer, size }: BuiltinObserved): string {
  const shards = answer.state === 'up' ? answer.facts.shards.filter(({ isPrimary }) => isPrimary).length : 0;
  const nodes = size === 1 ? '1 node serves' : `${size} nodes serve`;
  return `${nodes} ${shards} ${shards === 1 ? 'shard' : 'shards'}; every copy that can have a place has one.`;
}

function progressing(reason: string, message: string, retryAfterMs: number): Readiness {
  return { state: 'progressing', reason, message, retryAfterMs };
}

function failed(reason: string, message: string): Readiness {
  return { state: 'failed', reason, message, terminal: false, retryAfterMs: 5000 };
}

function credentialsExist({ hasCredentials }: BuiltinObserved): Readiness | undefined {
  return hasCredentials ? undefined : progressing('CredentialsPending', 'The passwords are being generated.', 1000);
}

function noFault(observed: BuiltinObserved, stack: CompleteStack): Readiness | undefined {
  const fault = findFault(observed, stack);
  // Terminal, yet looked at again: the volume may come back without any event on an object of ours.
  return fault === undefined ? undefined : { state: 'failed', ...fault, terminal: true, retryAfterMs: 60_000 };
}

function serverLetsUsIn({ answer }: BuiltinObserved): Readiness | undefined {
  return answer.state === 'refused'
    ? failed(
        'AuthenticationFailed',
        `${answer.message}. Put the password of the user elastic back into the credential Secret: it was set when the cluster was formed.`,
      )
    : undefined;
}

function clusterAnswers({ answer, pods, size, recorded }: BuiltinObserved): Readiness | undefined {
  if (answer.state !== 'silent') {
    return undefined;
  }
  if (pods.some(({ isReady }) => isReady)) {
    return progressing('NodeUnreachable', `${answer.message}.`, 1000);
  }
  const hint = recorded.wasReady ? ' A majority of them must run to elect a master.' : '';
  return progressing('MasterPending', `0 of ${size} nodes have found a master yet.${hint}`, 500);
}

function ofCluster(
  check: (facts: ClusterFacts, observed: BuiltinObserved, stack: CompleteStack) => Readiness | undefined,
): Check {
  return (observed, stack) =>
    observed.answer.state === 'up' ? check(observed.answer.facts, observed, stack) : undefined;
}

function nodesJoined({ nodes }: ClusterFacts, { pods, size }: BuiltinObserved): Readiness | undefined {
  // A node that died is part of the cluster until the master misses it; its pod says so at once.
  const outside = pods.filter(
    ({ name, ordinal, isReady }) => ordinal < size && !(isReady && nodes.some((node) => node.name === name)),
  );
  const [first] = outside;
  return first === undefined
    ? undefined
    : progressing(
        'NodesPending',
        `${size - outside.length} of ${size} nodes have joined the cluster. If ${first.name} never does, its log says why: kubectl logs ${first.name}`,
        500,
      );
}

function primariesServe(facts: ClusterFacts): Readiness | undefined {
  const message = findMissingPrimaries(facts);
  // Right after a start primaries are on their way; without one their index cannot be used all the same.
  return message === undefined
    ? undefined
    : progressing(
        'ShardsUnavailable',
        `${message} If this lasts, GET /_cluster/allocation/explain of any node says why.`,
        500,
      );
}

function disksHaveRoom({ blockedIndices, nodes }: ClusterFacts): Readiness | undefined {
  const [first] = blockedIndices;
  if (first === undefined) {
    return undefined;
  }
  const fullest = nodes.toSorted((a, b) => (b.diskUsed ?? 0) - (a.diskUsed ?? 0))[0];
  const percent = Math.round((fullest?.diskUsed ?? 0) * 100);
  return failed(
    'DiskFull',
    `${blockedIndices.length} indices refuse writes because a disk is full, the first of them ${first}; the fullest is that of ${fullest?.name} (${percent} %). ` +
      'Raise spec.elasticsearch.storage.size or delete indices; writing goes on by itself then.',
  );
}

function copiesInPlace(facts: ClusterFacts): Readiness | undefined {
  const message = findMissingCopies(facts) ?? findMoving(facts);
  return message === undefined ? undefined : progressing('CopiesAllocating', message, 500);
}

/** Until then nobody knows which pods are to be restarted. */
function templateSeen({ statefulSet }: BuiltinObserved): Readiness | undefined {
  return statefulSet?.updateRevision === undefined
    ? progressing('Updating', 'The StatefulSet controller has not seen the change yet.', 500)
    : undefined;
}
