import type { CompleteStack } from '../../api/v1beta1/complete-stack.ts';
import type { LiveObject } from '../../kube/live-object.ts';
import { labels } from '../../objects/names.ts';
import type { Reader } from '../contract.ts';
import type { ServiceDefinition } from './catalog.ts';
import { serviceObjectName } from './names.ts';

/** What judging a service needs: all from the caches, no call. */
export interface ObservedService {
  readonly deployment: LiveObject | undefined;
  /** Pods of the server and of the migration. */
  readonly pods: readonly LiveObject[];
  /** The newest migration Job; `undefined` for a service without a database or before its first pass. */
  readonly migration: LiveObject | undefined;
}

/** Reads one service's objects of the stack. */
export function gatherService(definition: ServiceDefinition, stack: CompleteStack, reader: Reader): ObservedService {
  const name = serviceObjectName(stack.name, definition.name);
  const { namespace } = stack;
  return {
    deployment: reader.live({ apiVersion: 'apps/v1', kind: 'Deployment', namespace, name }),
    pods: reader.list('Pod'),
    migration: reader.list('Job').find((job) => job.labels[labels.component] === definition.name && !job.deleting),
  };
}
