import {
  type OperatorLogger,
  type ResourceEvent,
  ResourceEventType,
  type ResourceMeta,
  ResourceMetaImpl,
} from '@dot-i/k8s-operator';
import { type Kind, kinds } from '../api/kinds.ts';
import type { KubernetesObject, ObjectRef } from '../api/kubernetes.ts';
import { InvalidError } from './errors.ts';
import type { FeedType } from './event-feed.ts';
import type { KubeLogger } from './ports.ts';

/** The words of dot-i's operator class for our own shapes, and back. */

const eventTypes: Readonly<Record<FeedType, ResourceEventType>> = {
  ADDED: ResourceEventType.Added,
  MODIFIED: ResourceEventType.Modified,
  DELETED: ResourceEventType.Deleted,
};

/** Our logger behind the interface that takes a message only. */
export function toOperatorLogger(logger: KubeLogger): OperatorLogger {
  return {
    debug: (message) => logger.debug({}, message),
    info: (message) => logger.info({}, message),
    warn: (message) => logger.warn({}, message),
    error: (message) => logger.error({}, message),
  };
}

/** Throws when the object lacks one of name, resourceVersion, apiVersion and kind. */
export function toResourceEvent(plural: string, type: FeedType, object: KubernetesObject): ResourceEvent {
  const plain = toClientObject(object);
  return { meta: ResourceMetaImpl.createWithPlural(plural, plain), type: eventTypes[type], object: plain };
}

export function toResourceMeta(id: string, object: KubernetesObject): ResourceMeta {
  return ResourceMetaImpl.createWithId(id, toClientObject(object));
}

export function toRef(meta: ResourceMeta): ObjectRef {
  const { apiVersion, kind, name, namespace } = meta;
  return namespace === undefined ? { apiVersion, kind, name } : { apiVersion, kind, namespace, name };
}

/** Rejects a resource that is not in the table of kinds. */
export function kindOfResource(apiVersion: string, plural: string): Kind {
  const kind = Object.values(kinds).find((row) => row.apiVersion === apiVersion && row.plural === plural);
  if (kind === undefined) {
    throw new InvalidError('this resource is not in operator/api/kinds.ts; add it there', {
      status: 0,
      reason: 'Invalid',
      operation: `watch ${apiVersion}/${plural}`,
    });
  }
  return kind;
}

function toClientObject(object: KubernetesObject): ResourceEvent['object'] {
  // The library's type declares dates where the wire has strings; only names and versions are read through it.
  return object as unknown as ResourceEvent['object'];
}
