import type { CompleteStack } from '../../api/v1beta1/complete-stack.ts';
import { faultMarks } from './desired/scripts.ts';
import { elasticsearchNames } from './names.ts';
import type { BuiltinObserved } from './observed.ts';
import { complainAboutVersion } from './version-step.ts';

/** Something that only a person can decide: every action stops. */
export interface Fault {
  readonly reason: 'IdentityMismatch' | 'DataMissing' | 'VersionRefused';
  readonly message: string;
}

type Find = (observed: BuiltinObserved, stack: CompleteStack) => Fault | undefined;

/** The first fault; `undefined` when the operator may act. */
export function findFault(observed: BuiltinObserved, stack: CompleteStack): Fault | undefined {
  for (const find of [findForeignCluster, findForeignVolume, findLostVolumes, findRefusedVolume, findRefusedVersion]) {
    const fault = find(observed, stack);
    if (fault !== undefined) {
      return fault;
    }
  }
  return undefined;
}

const findForeignCluster: Find = ({ recorded, answer }) => {
  const { identity } = recorded;
  const found = answer.state === 'up' ? answer.facts.clusterUuid : undefined;
  return identity === undefined || found === undefined || found === identity
    ? undefined
    : {
        reason: 'IdentityMismatch',
        message:
          `The nodes form the Elasticsearch cluster ${found}, but this stack's data belongs to the cluster ${identity}. ` +
          'Nothing is touched: attach the volumes that belong together, or use another name for the stack.',
      };
};

const findForeignVolume: Find = ({ pods }) => {
  const foreign = pods.find(({ lastWords }) => lastWords?.startsWith(faultMarks.mismatch) === true);
  return foreign === undefined
    ? undefined
    : {
        reason: 'IdentityMismatch',
        message:
          `The volume of ${foreign.name} belongs to another stack (its id is ${foreign.lastWords?.slice(faultMarks.mismatch.length).trim()}). ` +
          'Nothing is touched: attach the volumes that belong together, or use another name for the stack.',
      };
};

/** All nodes are there, nobody is master, and most of them began with nothing: the votes went with the volumes. */
const findLostVolumes: Find = ({ recorded, answer, size, statefulSet }, stack) => {
  if (recorded.identity === undefined || answer.state !== 'silent' || answer.lonely.length < size) {
    return undefined;
  }
  const lost = answer.lonely.filter(({ isEmpty }) => isEmpty).map(({ name }) => name);
  return lost.length * 2 <= (statefulSet?.replicas ?? size)
    ? undefined
    : {
        reason: 'DataMissing',
        message:
          `The volumes of ${lost.toSorted().join(', ')} are empty, but this stack recorded the data of the cluster ${recorded.identity}: ` +
          'they were lost or replaced, and the rest is no majority. Nothing is created over it. ' +
          `Bring the old volumes back; or accept the loss: delete the stack, then the Secret ${elasticsearchNames(stack).credentials}, and create the stack again.`,
      };
};

/** The server's files were written by a version that this one must not follow; the pod found it before the server did. */
const findRefusedVolume: Find = ({ pods }) => {
  const refused = pods.find(({ lastWords }) => lastWords?.startsWith(faultMarks.version) === true);
  const [found, own] = refused?.lastWords?.slice(faultMarks.version.length).trim().split(' ') ?? [];
  return refused === undefined
    ? undefined
    : {
        reason: 'VersionRefused',
        message:
          `The volume of ${refused.name} was written by Elasticsearch ${found}, which ${own} cannot follow: versions never go back and move by one major at a time. ` +
          `Set spec.elasticsearch.version to ${found} or newer.`,
      };
};

const findRefusedVersion: Find = ({ templateVersion }, stack) => {
  const message = complainAboutVersion(stack, templateVersion);
  return message === undefined ? undefined : { reason: 'VersionRefused', message };
};
