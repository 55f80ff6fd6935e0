import { refOf } from '../../api/kubernetes.ts';
import type { CompleteStack } from '../../api/v1beta1/complete-stack.ts';
import type { LiveObject } from '../../kube/live-object.ts';
import { labels } from '../../objects/names.ts';
import type { Held, Reader } from '../contract.ts';
import type { ServiceDefinition } from './catalog.ts';
import { buildMigrationJob } from './desired/migration-job.ts';
import { waitingForTurn } from './desired/turn.ts';
import { autoscalerRef, serviceObjectName } from './names.ts';

/** What judging a service needs: all from the caches, no call. */
export interface ObservedService {
  readonly deployment: LiveObject | undefined;
  /** Also one that the manifest no longer asks for, until it is gone. */
  readonly autoscaler: LiveObject | undefined;
  /** Pods of the server and of the migration. */
  readonly pods: readonly LiveObject[];
  /** The migration Job of the wanted template, never an older one; `undefined` until it exists. */
  readonly migration: LiveObject | undefined;
  /** Why its update is not begun: another service's goes first. */
  readonly waiting: Held | undefined;
}

/** Reads one service's objects of the stack. */
export function gatherService(definition: ServiceDefinition, stack: CompleteStack, reader: Reader): ObservedService {
  const name = serviceObjectName(stack.name, definition.name);
  const { namespace } = stack;
  return {
    deployment: reader.live({ apiVersion: 'apps/v1', kind: 'Deployment', namespace, name }),
    autoscaler: reader.live(autoscalerRef(definition, stack)),
    pods: reader.list('Pod'),
    migration: wantedMigration(definition, stack, reader),
    waiting: reader.held.find(({ reason }) => reason === waitingForTurn),
  };
}

function wantedMigration(definition: ServiceDefinition, stack: CompleteStack, reader: Reader): LiveObject | undefined {
  if (!definition.ownsDatabase) {
    return undefined;
  }
  const job = reader.live(refOf(buildMigrationJob(definition, stack)));
  return job?.deleting === true ? undefined : job;
}

/** Version of the pods that serve, when they agree on one; the label of a digest is not the digest. */
export function runningVersion({ pods }: ObservedService, { name }: ServiceDefinition): string | undefined {
  const versions = new Set(
    pods.filter((pod) => pod.labels[labels.name] === name && !pod.deleting).map((pod) => pod.labels[labels.version]),
  );
  const [version] = versions;
  return versions.size === 1 ? version : undefined;
}
