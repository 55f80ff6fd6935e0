import { type KubernetesObject, type ObjectRef, refKey, refOf } from '../../../api/kubernetes.ts';
import type { CompleteStack } from '../../../api/v1beta1/complete-stack.ts';
import { jobStatus, workloadStatus } from '../../../objects/live-status.ts';
import { connectionSecretName } from '../../../objects/names.ts';
import type { Desired, DesiredContext, Held, Scale } from '../../contract.ts';
import type { ServiceDefinition } from '../catalog.ts';
import { autoscalerRef, identitySecretName } from '../names.ts';
import { buildDeployment, configHashOf } from './deployment.ts';
import { buildMigrationJob } from './migration-job.ts';
import { buildPublicKeys } from './public-keys.ts';
import { buildAutoscaler, buildDisruptionBudget, buildService, buildServiceAccount } from './supporting.ts';
import { findPredecessor, type Update, type Updates, waitingForTurn } from './turn.ts';

/** All objects of one service; its update is held back until its turn, its Deployment until the database has the schema of the new image. */
export function buildDesired(definition: ServiceDefinition, stack: CompleteStack, context: DesiredContext): Desired {
  const identity = context.secret(identitySecretName(stack.name));
  if (identity === undefined) {
    return { objects: [], held: [] };
  }
  const updates = updatesOf(stack, context);
  const { migration, deployment } = updates.updateOf(definition);
  const held = holdUntilTurn(definition, stack, updates) ?? holdDuringMigration({ migration, deployment }, context);
  const isHeld = (object: KubernetesObject) => held.some(({ ref }) => refKey(ref) === refKey(refOf(object)));
  return {
    objects: [
      buildServiceAccount(definition, stack),
      buildService(definition, stack),
      ...buildPublicKeys(definition, stack, identity),
      ...[migration, deployment].filter((object) => object !== undefined).filter((object) => !isHeld(object)),
      ...buildAutoscaler(definition, stack),
      ...buildDisruptionBudget(definition, stack),
    ],
    held,
    scales: held.length === 0 ? fixedScale(definition, stack, refOf(deployment), context) : [],
  };
}

/** Renders the update of each service that is asked for, once. */
function updatesOf(stack: CompleteStack, context: DesiredContext): Updates {
  const rendered = new Map<string, Update>();
  return {
    live: context.live,
    updateOf: (definition) => {
      const update = rendered.get(definition.name) ?? buildUpdate(definition, stack, context);
      rendered.set(definition.name, update);
      return update;
    },
  };
}

function buildUpdate(definition: ServiceDefinition, stack: CompleteStack, context: DesiredContext): Update {
  return {
    migration: definition.ownsDatabase ? buildMigrationJob(definition, stack) : undefined,
    deployment: buildDeployment(definition, stack, configHashOf(connectionHashes(definition, stack, context))),
  };
}

/**
 * Hash of each connection Secret as its component rendered it: an address, and what else a process reads at its start only, rolls the pods.
 * The keys of identity and of personal data do not: pods read those anew.
 */
function connectionHashes(
  definition: ServiceDefinition,
  stack: CompleteStack,
  context: DesiredContext,
): readonly (string | undefined)[] {
  const names = [
    ...(definition.ownsDatabase ? [connectionSecretName(stack.name, 'postgres', definition.name)] : []),
    ...(definition.usesRedis ? [connectionSecretName(stack.name, 'redis')] : []),
    ...(definition.usesKafka ? [connectionSecretName(stack.name, 'kafka', definition.name)] : []),
    ...(definition.usesSearch ? [connectionSecretName(stack.name, 'elasticsearch')] : []),
  ];
  const { namespace } = stack;
  return names.map((name) => context.live({ apiVersion: 'v1', kind: 'Secret', namespace, name })?.appliedHash);
}

function holdUntilTurn(
  definition: ServiceDefinition,
  stack: CompleteStack,
  updates: Updates,
): readonly Held[] | undefined {
  const predecessor = findPredecessor(definition, stack, updates);
  if (predecessor === undefined) {
    return undefined;
  }
  const { migration, deployment } = updates.updateOf(definition);
  const message = `Services are updated one after the other, and ${predecessor} goes first.`;
  return [migration, deployment]
    .filter((object) => object !== undefined)
    .map((object) => ({ ref: refOf(object), reason: waitingForTurn, message }));
}

function holdDuringMigration({ migration, deployment }: Update, context: DesiredContext): readonly Held[] {
  const live = migration === undefined ? undefined : context.live(refOf(migration));
  if (migration === undefined || (live !== undefined && jobStatus(live).complete === true)) {
    return [];
  }
  const message = `Job ${migration.metadata.name} migrates the database first.`;
  return [{ ref: refOf(deployment), reason: 'WaitingForMigration', message }];
}

/**
 * The count that we set. An autoscaler owns it otherwise, also one that is on its way out: it would set its own again.
 * But one that finds 0 stays switched off for ever: then it is given its minimum to go on from.
 */
function fixedScale(
  definition: ServiceDefinition,
  stack: CompleteStack,
  ref: ObjectRef,
  context: DesiredContext,
): readonly Scale[] {
  const { autoscaling, replicas } = stack.services[definition.name];
  if (!autoscaling.enabled) {
    return context.live(autoscalerRef(definition, stack)) === undefined ? [{ ref, replicas }] : [];
  }
  const live = context.live(ref);
  const isSwitchedOff = live !== undefined && workloadStatus(live).specReplicas === 0;
  return isSwitchedOff ? [{ ref, replicas: autoscaling.minReplicas }] : [];
}
