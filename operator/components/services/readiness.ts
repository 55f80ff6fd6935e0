import type { CompleteStack } from '../../api/v1beta1/complete-stack.ts';
import { jobStatus, workloadStatus } from '../../objects/live-status.ts';
import { findPodProblem } from '../../objects/pod-problem.ts';
import type { Readiness } from '../contract.ts';
import type { ServiceDefinition } from './catalog.ts';
import { minimumReplicas } from './desired/deployment.ts';
import type { ObservedService } from './gather.ts';
import { outOfTime } from './retry-migration.ts';
import { rolloutOf } from './rollout.ts';

type Check = (observed: ObservedService, definition: ServiceDefinition, stack: CompleteStack) => Readiness | undefined;

/** Most fundamental first: the first check that finds something is what the status says. */
const checks: readonly Check[] = [
  migrationFailed,
  podProblem,
  waitingForTurn,
  migrating,
  notCreated,
  rollingOut,
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

function waitingForTurn({ waiting }: ObservedService): Readiness | undefined {
  // What the other service's objects do wakes the stack; that nothing had to roll after all does not.
  return waiting === undefined ? undefined : { ...progressing(waiting.reason, waiting.message), retryAfterMs: 5000 };
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

function rollingOut({ deployment }: ObservedService, { name }: ServiceDefinition): Readiness | undefined {
  if (deployment === undefined) {
    return undefined;
  }
  const rollout = rolloutOf(deployment);
  switch (rollout.state) {
    case 'stuck':
      return {
        state: 'failed',
        reason: 'RolloutStuck',
        message: `The rollout of ${name} makes no progress: ${rollout.explanation} The pods of the last version go on serving; see: kubectl describe deployment ${deployment.ref.name}`,
        terminal: false,
        retryAfterMs: 30_000,
      };
    case 'unseen':
      return progressing('Updating', 'The Deployment controller has not seen the change yet.');
    case 'rolling': {
      const { updated, wanted, former } = rollout;
      const rest = former > 0 ? `, and ${former} of the last one ${former === 1 ? 'is' : 'are'} still there` : '';
      return progressing('RollingOut', `${updated} of ${wanted} pods run the wanted template${rest}.`);
    }
    case 'done':
      return undefined;
  }
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
