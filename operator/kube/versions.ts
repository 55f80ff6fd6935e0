import type { KubernetesObject } from '../api/kubernetes.ts';
import { recordOf, textOf } from './json.ts';

/** Set on the bookmark that ends the initial events of a streamed list. */
const initialEventsEnd = 'k8s.io/initial-events-end';

/** `namespace/name`; the namespace is empty for cluster-scoped objects. */
export function keyOf(object: KubernetesObject): string {
  return `${object.metadata.namespace ?? ''}/${object.metadata.name}`;
}

/** Whether resourceVersion `a` is older than `b`. The server promises decimal numbers without a fixed width. */
export function isOlder(a: string, b: string): boolean {
  return a.length === b.length ? a < b : a.length < b.length;
}

/** resourceVersion of an object in a watch event. */
export function versionOf(object: Readonly<Record<string, unknown>>): string | undefined {
  return textOf(recordOf(object['metadata'])['resourceVersion']);
}

/** Whether a bookmark says that all objects that exist have been sent. */
export function isListEnd(bookmark: Readonly<Record<string, unknown>>): boolean {
  return recordOf(recordOf(bookmark['metadata'])['annotations'])[initialEventsEnd] === 'true';
}

/** The object of a watch event; throws when it has no name, which no object of the server lacks. */
export function toObject(value: Readonly<Record<string, unknown>>): KubernetesObject {
  if (textOf(recordOf(value['metadata'])['name']) === undefined) {
    throw new Error('an object without a name in the watch');
  }
  // The watch delivers whole objects of the API; the one field that everything rests on is checked above.
  return value as unknown as KubernetesObject;
}

/** The namespace in `namespace/name`, of an object or a stack. */
export function namespaceOfKey(key: string): string {
  return key.slice(0, key.indexOf('/'));
}
