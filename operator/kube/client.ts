import type { Kind } from '../api/kinds.ts';
import { type JsonObject, type KubernetesObject, type ObjectRef, refKey, refOf } from '../api/kubernetes.ts';
import { toNetworkError } from './error-translation.ts';
import { ConflictError, InvalidError, NotFoundError } from './errors.ts';
import type { ApplyOptions, KubeClient, ListOptions, RemoveOptions } from './kube-client.ts';
import { Lanes } from './lanes.ts';
import { listObjects } from './list-objects.ts';
import type { KubeMetrics } from './metrics.ts';
import { collectionPath, kindOf, objectPath, resourceName } from './paths.ts';
import type { KubeLogger } from './ports.ts';
import type { CallRequest, Transport } from './transport.ts';

/** The client of the process; each pass works through a view of it. */
export interface RootKubeClient extends KubeClient {
  /**
   * A view for one pass: its writes share lanes under `key` (at most half of the lanes while others wait) and end with
   * `signal`.
   */
  forPass(scope: PassScope): KubeClient;
}

export interface PassScope {
  /** Usually the stack's key. */
  readonly key: string;
  readonly signal: AbortSignal;
}

export interface KubeClientOptions {
  readonly transport: Transport;
  readonly logger: KubeLogger;
  readonly metrics: KubeMetrics;
  /** Parallel writes; 8 when absent: more only adds latency at the API server. */
  readonly lanes?: number;
  /** What the server does with unknown fields; `Strict` (refuse) when absent. */
  readonly fieldValidation?: 'Strict' | 'Warn' | 'Ignore';
}

/**
 * A version that no object has: the store counts its writes from 2 on. The API server creates an object that is applied
 * with a version, but compares it with that of one which is there, and refuses. So "only if the name is free" costs no
 * request of its own and leaves no moment between the question and the write.
 */
const versionOfNobody = '1';

/** Measured: eight lanes reach the API server's CPU limit, sixteen make one write ten times slower. */
const defaultLanes = 8;

/** Reads go straight to the transport, writes through the lanes. */
export function createKubeClient(options: KubeClientOptions): RootKubeClient {
  const lanes = new Lanes(options.lanes ?? defaultLanes, (seconds) => options.metrics.laneWaitSeconds.observe(seconds));
  const shared = { ...options, lanes, fieldValidation: options.fieldValidation ?? 'Strict' } as const;
  const root = new LaneClient(shared, { key: '' });
  return Object.assign(root, { forPass: (scope: PassScope): KubeClient => new LaneClient(shared, scope) });
}

interface Shared extends Required<Omit<KubeClientOptions, 'lanes'>> {
  readonly lanes: Lanes;
}

interface Write {
  readonly method: 'POST' | 'PATCH' | 'DELETE';
  readonly verb: string;
  readonly ref: ObjectRef;
  readonly path: string;
  readonly contentType: string;
  readonly body: unknown;
}

class LaneClient implements KubeClient {
  readonly #shared: Shared;
  readonly #key: string;
  readonly #signal: AbortSignal | undefined;

  constructor(shared: Shared, scope: { readonly key: string; readonly signal?: AbortSignal }) {
    this.#shared = shared;
    this.#key = scope.key;
    this.#signal = scope.signal;
  }

  async get(ref: ObjectRef): Promise<KubernetesObject | undefined> {
    try {
      const path = objectPath(ref);
      const answer = await this.#shared.transport.call(this.#request({ method: 'GET', verb: 'get', ref, path }));
      return toObject(answer.body);
    } catch (error) {
      if (error instanceof NotFoundError) {
        return undefined;
      }
      throw error;
    }
  }

  async apply(object: KubernetesObject, options: ApplyOptions): Promise<KubernetesObject> {
    const ref = refOf(object);
    const write = (force: boolean): Write => ({
      method: 'PATCH',
      verb: 'apply',
      ref,
      path: `${objectPath(ref, options.subresource)}?${this.#query({
        fieldManager: options.manager,
        ...(force ? { force: 'true' } : {}),
        ...(options.dryRun === true ? { dryRun: 'All' } : {}),
      })}`,
      contentType: 'application/apply-patch+yaml',
      body: options.onlyCreate === true ? withVersion(object, versionOfNobody) : object,
    });
    try {
      return await this.#write(write(false));
    } catch (error) {
      if (options.onlyCreate === true || !(error instanceof ConflictError) || !isOwnershipConflict(error)) {
        throw error;
      }
      // Without force first: only so the server tells whose fields these are.
      this.#reportConflict(ref, error);
      return await this.#write(write(true));
    }
  }

  create(object: KubernetesObject): Promise<KubernetesObject> {
    const ref = refOf(object);
    const kind = kindOf(ref);
    objectPath(ref);
    const path = `${collectionPath(kind, ref.namespace)}?${this.#query({})}`;
    return this.#write({ method: 'POST', verb: 'create', ref, path, contentType: 'application/json', body: object });
  }

  patch(ref: ObjectRef, body: JsonObject, options?: { readonly subresource?: 'status' }): Promise<KubernetesObject> {
    const path = `${objectPath(ref, options?.subresource)}?${this.#query({})}`;
    return this.#write({
      method: 'PATCH',
      verb: 'patch',
      ref,
      path,
      contentType: 'application/merge-patch+json',
      body,
    });
  }

  async remove(ref: ObjectRef, options: RemoveOptions): Promise<void> {
    const body = {
      apiVersion: 'v1',
      kind: 'DeleteOptions',
      propagationPolicy: options.propagation ?? 'Background',
      ...(options.uid === undefined ? {} : { preconditions: { uid: options.uid } }),
    };
    try {
      const path = objectPath(ref);
      await this.#send({ method: 'DELETE', verb: 'delete', ref, path, contentType: 'application/json', body });
    } catch (error) {
      const isGone = error instanceof NotFoundError;
      // The name now belongs to another uid, so the one that was meant is gone.
      const isReplaced = error instanceof ConflictError && options.uid !== undefined;
      if (!isGone && !isReplaced) {
        throw error;
      }
    }
  }

  async list(kind: Kind, options: ListOptions = {}): Promise<readonly KubernetesObject[]> {
    const items: KubernetesObject[] = [];
    const scope = this.#signal === undefined ? options : { ...options, signal: this.#signal };
    await listObjects(this.#shared.transport, kind, scope, {
      restart: () => items.splice(0),
      item: (item) => items.push(item),
    });
    return items;
  }

  #query(parameters: Readonly<Record<string, string>>): string {
    return new URLSearchParams({ ...parameters, fieldValidation: this.#shared.fieldValidation }).toString();
  }

  async #write(write: Write): Promise<KubernetesObject> {
    return toObject(await this.#send(write));
  }

  async #send(write: Write): Promise<unknown> {
    const request = { ...this.#request(write), body: JSON.stringify(write.body), contentType: write.contentType };
    try {
      const task = () => this.#shared.transport.call(request);
      return (await this.#shared.lanes.run(this.#key, task, this.#signal)).body;
    } catch (error) {
      if (error === this.#signal?.reason) {
        throw toNetworkError(`${write.verb} ${refKey(write.ref)}`, error);
      }
      throw error;
    }
  }

  #request(request: Pick<Write, 'verb' | 'ref' | 'path'> & Pick<CallRequest, 'method'>): CallRequest {
    const { method, verb, ref, path } = request;
    const operation = { verb, resource: resourceName(kindOf(ref)), subject: refKey(ref) };
    return { method, path, operation, ...(this.#signal === undefined ? {} : { signal: this.#signal }) };
  }

  #reportConflict(ref: ObjectRef, error: ConflictError): void {
    const conflicts = error.causes.map(({ message, field }) => ({ manager: managerOf(message), field }));
    for (const { manager } of conflicts) {
      this.#shared.metrics.applyConflicts.inc({ manager });
    }
    this.#shared.logger.warn({ object: refKey(ref), conflicts }, 'taking fields back from another field manager');
  }
}

/** A conflict of field owners, as opposed to one of resourceVersions. */
function isOwnershipConflict(error: ConflictError): boolean {
  return error.causes.some(({ reason }) => reason === 'FieldManagerConflict');
}

/** `conflict with "kubectl-edit" using apps/v1` → `kubectl-edit`. */
function managerOf(message: string): string {
  return /conflicts? with "([^"]*)"/.exec(message)?.[1] ?? 'unknown';
}

function withVersion(object: KubernetesObject, resourceVersion: string): KubernetesObject {
  return { ...object, metadata: { ...object.metadata, resourceVersion } };
}

function toObject(body: unknown): KubernetesObject {
  if (typeof body !== 'object' || body === null || !('metadata' in body)) {
    throw new InvalidError('the API server answered with something that is no object', {
      status: 200,
      reason: 'NoObject',
      operation: 'read answer',
    });
  }
  // The server's answer to a request for one object is that object.
  return body as KubernetesObject;
}
