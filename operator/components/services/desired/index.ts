import { type ObjectRef, refOf } from '../../../api/kubernetes.ts';
import type { CompleteStack } from '../../../api/v1beta1/complete-stack.ts';
import { jobStatus, workloadStatus } from '../../../objects/live-status.ts';
import { connectionSecretName } from '../../../objects/names.ts';
import type { Desired, DesiredContext, Held, Scale } from '../../contract.ts';
import type { ServiceDefinition } from '../catalog.ts';
import { autoscalerRef, identitySecretName } from '../names.ts';
import { buildDeployment, configHashOf } from './deployment.ts';
import { buildEnvironment } from './environment.ts';
import { buildMigrationJob } from './migration-job.ts';
import { buildAutoscaler, buildDisruptionBudget, buildService, buildServiceAccount } from './supporting.ts';

/** All objects of one service; its Deployment is held back until the database has the schema of the new image. */
export function buildDesired(definition: ServiceDefinition, stack: CompleteStack, context: DesiredContext): Desired {
  const identity = context.secret(identitySecretName(stack.name));
  if (identity === undefined) {
    return { objects: [], held: [] };
  }
  const environment = buildEnvironment(definition, stack, identity);
  const deployment = buildDeployment(definition, stack, {
    environment,
    configHash: configHashOf([JSON.stringify(identity), ...connectionHashes(definition, stack, context)]),
  });
  const migration = definition.ownsDatabase ? [buildMigrationJob(definition, stack, environment)] : [];
  const held = migration.flatMap((job) => holdDuringMigration(refOf(job), refOf(deployment), context));
  return {
    objects: [
      buildServiceAccount(definition, stack),
      buildService(definition, stack),
      ...migration,
      ...(held.length === 0 ? [deployment] : []),
      ...buildAutoscaler(definition, stack),
      ...buildDisruptionBudget(definition, stack),
    ],
    held,
    scales: held.length === 0 ? fixedScale(definition, stack, refOf(deployment), context) : [],
  };
}

/** Hash of each connection Secret as its component rendered it: a rotated password or moved host rolls the pods. */
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

function holdDuringMigration(job: ObjectRef, deployment: ObjectRef, context: DesiredContext): readonly Held[] {
  const live = context.live(job);
  if (live !== undefined && jobStatus(live).complete === true) {
    return [];
  }
  return [{ ref: deployment, reason: 'WaitingForMigration', message: `Job ${job.name} migrates the database first.` }];
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
