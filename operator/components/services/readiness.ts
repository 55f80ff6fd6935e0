import type { CompleteStack } from '../../api/v1beta1/complete-stack.ts';
import { jobStatus, workloadStatus } from '../../objects/live-status.ts';
import { findPodProblem } from '../../objects/pod-problem.ts';
import type { Readiness } from '../contract.ts';
import type { ServiceDefinition } from './catalog.ts';
import { minimumReplicas } from './desired/deployment.ts';
import type { ObservedService } from './gather.ts';
import { outOfTime } from './retry-migration.ts';

type Check = (observed: ObservedService, definition: ServiceDefinition, stack: CompleteStack) => Readiness | undefined;

/** Most fundamental first: the first check that finds something is what the status says. */
const checks: readonly Check[] = [
  migrationFailed,
  podProblem,
  migrating,
  notCreated,
  stuck,
  updating,
  handingOver,
  unavailable,
];

/** Judges one service by its migration, Deployment and pods. */
export function judgeService(
  observed: ObservedService,
  definition: ServiceDefinition,
  stack: CompleteStack,
): Readiness {
  for (const check of checks) {
    const verdict = check(observed, definition, stack);
    if (verdict !== undefined) {
      return verdict;
    }
  }
  const available =
    observed.deployment === undefined ? 0 : (workloadStatus(observed.deployment).availableReplicas ?? 0);
  return { state: 'ready', message: `${available} of ${available} pods serve.` };
}

function migrationFailed({ migration }: ObservedService, { name }: ServiceDefinition): Readiness | undefined {
  const reason = migration === undefined ? undefined : jobStatus(migration).failedReason;
  if (migration === undefined || reason === undefined) {
    return undefined;
  }
  if (reason === outOfTime) {
    return progressing('Migrating', `Job ${migration.ref.name} ran out of time and is begun anew.`);
  }
  return {
    state: 'failed',
    reason: 'MigrationFailed',
    message: `Job ${migration.ref.name} failed (${reason}), so ${name} stays at its last version; see: kubectl logs job/${migration.ref.name}. Delete the Job to try again.`,
    terminal: true,
    retryAfterMs: 60_000,
  };
}

function podProblem({ pods }: ObservedService): Readiness | undefined {
  const problem = findPodProblem(pods);
  return problem === undefined ? undefined : { state: 'failed', ...problem, terminal: false, retryAfterMs: 30_000 };
}

function migrating({ migration }: ObservedService, { name, ownsDatabase }: ServiceDefinition): Readiness | undefined {
  if (!ownsDatabase || (migration !== undefined && jobStatus(migration).complete === true)) {
    return undefined;
  }
  return migration === undefined
    ? progressing('WaitingForMigration', `The Job that migrates the database of ${name} is about to be created.`)
    : progressing('Migrating', `Job ${migration.ref.name} brings the database to the schema of this version.`);
}

function notCreated({ deployment }: ObservedService, { name }: ServiceDefinition): Readiness | undefined {
  return deployment === undefined ? progressing('Creating', `The Deployment of ${name} is being created.`) : undefined;
}

function stuck({ deployment }: ObservedService, { name }: ServiceDefinition): Readiness | undefined {
  const progress = deployment === undefined ? undefined : workloadStatus(deployment).conditions?.find(isProgressing);
  if (progress?.status !== 'False') {
    return undefined;
  }
  return {
    state: 'failed',
    reason: 'RolloutStuck',
    message: `The rollout of ${name} makes no progress: ${progress.message ?? progress.reason ?? 'no reason given'} The pods of the last version go on serving; see: kubectl describe deployment ${deployment?.ref.name}`,
    terminal: false,
    retryAfterMs: 30_000,
  };
}

function isProgressing({ type }: { readonly type: string }): boolean {
  return type === 'Progressing';
}

function updating({ deployment }: ObservedService): Readiness | undefined {
  if (deployment === undefined) {
    return undefined;
  }
  const { observedGeneration = 0, updatedReplicas = 0, replicas = 0, specReplicas = 1 } = workloadStatus(deployment);
  if (observedGeneration < deployment.generation) {
    return progressing('Updating', 'The Deployment controller has not seen the change yet.');
  }
  if (updatedReplicas < specReplicas || replicas > updatedReplicas) {
    const former = replicas - updatedReplicas;
    const rest = former > 0 ? `, and ${former} of the last one ${former === 1 ? 'is' : 'are'} still there` : '';
    return progressing('RollingOut', `${updatedReplicas} of ${specReplicas} pods run the wanted template${rest}.`);
  }
  return undefined;
}

function handingOver(
  { autoscaler }: ObservedService,
  { name }: ServiceDefinition,
  stack: CompleteStack,
): Readiness | undefined {
  const { autoscaling, replicas } = stack.services[name];
  return autoscaling.enabled || autoscaler === undefined
    ? undefined
    : progressing(
        'Scaling',
        `Autoscaler ${autoscaler.ref.name} still owns the number of pods; when it is gone, there will be ${replicas}.`,
      );
}

function unavailable(
  { deployment }: ObservedService,
  { name }: ServiceDefinition,
  stack: CompleteStack,
): Readiness | undefined {
  const available = deployment === undefined ? 0 : (workloadStatus(deployment).availableReplicas ?? 0);
  const wanted = minimumReplicas(stack.services[name]);
  return available < wanted ? progressing('PodsNotReady', `${available} of ${wanted} pods are ready.`) : undefined;
}

function progressing(reason: string, message: string): Readiness {
  // Events of the Deployment and its pods wake the stack; this is only the safety net.
  return { state: 'progressing', reason, message, retryAfterMs: 30_000 };
}
