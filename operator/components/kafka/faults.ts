import type { CompleteStack } from '../../api/v1beta1/complete-stack.ts';
import { faultMarks } from './desired/scripts.ts';
import { kafkaNames } from './names.ts';
import type { BuiltinObserved } from './observed.ts';

/** Something that only a person can decide: every action stops. */
export interface Fault {
  readonly reason: 'IdentityMismatch' | 'DataMissing';
  readonly message: string;
}

/** The first fault; `undefined` when the operator may act. */
export function findFault(observed: BuiltinObserved, stack: CompleteStack): Fault | undefined {
  return findChangedId(observed, stack) ?? findForeignVolume(observed) ?? findLostVolume(observed, stack);
}

/** Somebody gave the credential Secret another cluster id than the one that the data was written under. */
function findChangedId({ recorded, credentials }: BuiltinObserved, stack: CompleteStack): Fault | undefined {
  const { identity } = recorded;
  return identity === undefined || credentials === undefined || credentials.clusterId === identity
    ? undefined
    : {
        reason: 'IdentityMismatch',
        message:
          `The key cluster-id of Secret ${kafkaNames(stack).credentials} is ${credentials.clusterId}, but this stack's data belongs to the cluster ${identity}. ` +
          'Nothing is touched: put the recorded id back into the Secret, or use another name for the stack.',
      };
}

function findForeignVolume({ pods, credentials }: BuiltinObserved): Fault | undefined {
  const foreign = pods.find(({ lastWords }) => lastWords?.startsWith(faultMarks.mismatch) === true);
  return foreign === undefined
    ? undefined
    : {
        reason: 'IdentityMismatch',
        message:
          `The volume of ${foreign.name} holds data of the Kafka cluster ${foreign.lastWords?.slice(faultMarks.mismatch.length).trim()}, but this stack's is ${credentials?.clusterId}. ` +
          'Nothing is touched: attach the volumes that belong together, or use another name for the stack.',
      };
}

function findLostVolume({ pods, recorded }: BuiltinObserved, stack: CompleteStack): Fault | undefined {
  const lost = pods.find(({ lastWords }) => lastWords?.startsWith(faultMarks.missing) === true);
  return lost === undefined
    ? undefined
    : {
        reason: 'DataMissing',
        message:
          `The volume of ${lost.name} is empty, but this stack recorded the data ${recorded.identity}: the volume was lost or replaced, and there is no other broker. ` +
          `Bring the old volume back; or accept the loss: delete the stack, then the Secret ${kafkaNames(stack).credentials}, and create the stack again.`,
      };
}
