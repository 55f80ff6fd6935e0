import { type KubernetesObject, refOf } from '../../../api/kubernetes.ts';
import type { CompleteStack } from '../../../api/v1beta1/complete-stack.ts';
import type { LiveObject } from '../../../kube/live-object.ts';
import { hashOfRendering } from '../../../objects/hash.ts';
import { jobStatus, workloadStatus } from '../../../objects/live-status.ts';
import { pauseMode } from '../../../objects/pause-mode.ts';
import type { DesiredContext } from '../../contract.ts';
import { type ServiceDefinition, serviceCatalog } from '../catalog.ts';
import { rolloutOf } from '../rollout.ts';

/** What an update of a service changes, in this order. */
export interface Update {
  /** Only of a service that owns a database. */
  readonly migration: KubernetesObject | undefined;
  readonly deployment: KubernetesObject;
}

/** The reason that a service which waits is given. */
export const waitingForTurn = 'WaitingForTurn';

export interface Updates extends Pick<DesiredContext, 'live'> {
  updateOf(definition: ServiceDefinition): Update;
}

/**
 * The service whose update goes before this one's; `undefined` when this one may go, or has nothing to change. Services
 * are updated one after the other, in the order of the catalog (docs/adr/0022): pods take processor time while they
 * start, and a change that breaks them is seen at the first service. One that does not work has nothing to lose and goes
 * at once, and so do all at the first installation.
 */
export function findPredecessor(
  definition: ServiceDefinition,
  stack: CompleteStack,
  updates: Updates,
): string | undefined {
  // A pause keeps all of them back, and counts them.
  const isPaused = pauseMode(stack) !== 'none';
  if (isPaused || phaseOf(definition, updates) !== 'wanting' || !works(definition, updates)) {
    return undefined;
  }
  const own = serviceCatalog.findIndex(({ name }) => name === definition.name);
  const others = serviceCatalog
    .map((other, place) => ({ other, isBefore: place < own }))
    .filter(({ other }) => other.name !== definition.name && stack.services[other.name].enabled)
    .map((one) => ({ ...one, phase: phaseOf(one.other, updates) }));
  const predecessor =
    others.find(({ phase }) => phase === 'going') ??
    others.find(({ phase, isBefore }) => phase === 'wanting' && isBefore);
  return predecessor?.other.name;
}

/** `wanting`: something is to be changed. `going`: the change is on its way. `resting`: there is nothing to wait for. */
type Phase = 'wanting' | 'going' | 'resting';

function phaseOf(definition: ServiceDefinition, { live, updateOf }: Updates): Phase {
  const { migration, deployment } = updateOf(definition);
  const running = live(refOf(deployment));
  if (running === undefined || running.deleting) {
    return 'resting';
  }
  const migrating = migration === undefined ? undefined : phaseOfMigration(live(refOf(migration)));
  if (migrating !== undefined) {
    return migrating;
  }
  const { state } = rolloutOf(running);
  if (state === 'unseen' || state === 'rolling') {
    return 'going';
  }
  return running.appliedHash === hashOfRendering(deployment) ? 'resting' : 'wanting';
}

/** `undefined` when it is done. One that failed waits for a person: nobody waits for that. */
function phaseOfMigration(job: LiveObject | undefined): Phase | undefined {
  if (job === undefined || job.deleting) {
    return 'wanting';
  }
  const { complete, failedReason } = jobStatus(job);
  if (complete === true) {
    return undefined;
  }
  return failedReason === undefined ? 'going' : 'resting';
}

function works(definition: ServiceDefinition, { live, updateOf }: Updates): boolean {
  const running = live(refOf(updateOf(definition).deployment));
  const { availableReplicas = 0, specReplicas = 1 } = running === undefined ? {} : workloadStatus(running);
  return availableReplicas > 0 && availableReplicas >= specReplicas;
}
