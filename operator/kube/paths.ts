import { type Kind, kinds } from '../api/kinds.ts';
import { type ObjectRef, refKey } from '../api/kubernetes.ts';
import { InvalidError } from './errors.ts';

const byIdentity: ReadonlyMap<string, Kind> = new Map(
  Object.values(kinds).map((kind): [string, Kind] => [`${kind.apiVersion}/${kind.kind}`, kind]),
);

/** The row of the table of kinds; rejects kinds that are not in it by naming the file to add them to. */
export function kindOf(ref: { readonly apiVersion: string; readonly kind: string }): Kind {
  const kind = byIdentity.get(`${ref.apiVersion}/${ref.kind}`);
  if (kind === undefined) {
    throw invalid(`find ${ref.apiVersion}/${ref.kind}`, 'this kind is not in operator/api/kinds.ts; add it there');
  }
  return kind;
}

/** `deployments.apps`; `pods` for the core group: the spelling of kubectl and of metrics. */
export function resourceName(kind: Kind): string {
  const group = groupOf(kind);
  return group === '' ? kind.plural : `${kind.plural}.${group}`;
}

/** API group of a kind, empty for the core group. */
export function groupOf(kind: Kind): string {
  const slash = kind.apiVersion.indexOf('/');
  return slash < 0 ? '' : kind.apiVersion.slice(0, slash);
}

/** Path of all objects of a kind, in one namespace or in all. */
export function collectionPath(kind: Kind, namespace?: string): string {
  const root = groupOf(kind) === '' ? `/api/${kind.apiVersion}` : `/apis/${kind.apiVersion}`;
  const scope = namespace === undefined ? '' : `/namespaces/${encodeURIComponent(namespace)}`;
  return `${root}${scope}/${kind.plural}`;
}

/** Path of one object; rejects a reference without the namespace that its kind needs. */
export function objectPath(ref: ObjectRef, subresource?: string): string {
  const kind = kindOf(ref);
  if (kind.namespaced && (ref.namespace ?? '') === '') {
    throw invalid(refKey(ref), `metadata.namespace is missing; ${kind.kind} is a namespaced kind`);
  }
  if (ref.name === '') {
    throw invalid(refKey(ref), 'metadata.name is empty');
  }
  const suffix = subresource === undefined ? '' : `/${subresource}`;
  return `${collectionPath(kind, kind.namespaced ? ref.namespace : undefined)}/${encodeURIComponent(ref.name)}${suffix}`;
}

function invalid(operation: string, message: string): InvalidError {
  return new InvalidError(message, { status: 0, reason: 'Invalid', operation });
}
