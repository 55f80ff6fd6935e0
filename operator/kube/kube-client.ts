import type { Kind } from '../api/kinds.ts';
import type { JsonObject, KubernetesObject, ObjectRef } from '../api/kubernetes.ts';

/**
 * What the layers above may ask of the API server. Bodies travel as plain JSON both ways: nothing is dropped.
 *
 * Every call rejects with an error of `errors.ts`: `ConflictError` (409), `NotFoundError` only where said,
 * `ForbiddenError`, `InvalidError` (422, terminal), `TransientError` (network, 429, 5xx, timeout).
 */
export interface KubeClient {
  /** `undefined` when the object does not exist. */
  get(ref: ObjectRef): Promise<KubernetesObject | undefined>;
  /**
   * Server-side apply; forces ownership and counts a forced conflict. With `onlyCreate` it never touches an object that
   * is there, whosever it is: `ConflictError`.
   */
  apply(object: KubernetesObject, options: ApplyOptions): Promise<KubernetesObject>;
  /** POST; rejects with `ConflictError` (reason AlreadyExists) when the name is taken. */
  create(object: KubernetesObject): Promise<KubernetesObject>;
  /** JSON merge patch; a `resourceVersion` inside `metadata` of the body makes it conditional. */
  patch(ref: ObjectRef, body: JsonObject, options?: { readonly subresource?: 'status' }): Promise<KubernetesObject>;
  /** Resolves also when the object is gone already; `uid` guards against deleting a successor of the same name. */
  remove(ref: ObjectRef, options: RemoveOptions): Promise<void>;
  /** One consistent list, paged inside. For tools and tests: the operator itself reads its caches. */
  list(kind: Kind, options?: ListOptions): Promise<readonly KubernetesObject[]>;
}

export interface ApplyOptions {
  readonly manager: string;
  readonly subresource?: 'status';
  readonly dryRun?: boolean;
  /** Without it an object that is there is changed. */
  readonly onlyCreate?: boolean;
}

export interface RemoveOptions {
  readonly uid?: string;
  readonly propagation?: 'Foreground' | 'Background' | 'Orphan';
}

export interface ListOptions {
  readonly namespace?: string;
  readonly labelSelector?: string;
}
