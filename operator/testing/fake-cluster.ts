import type { JsonObject, KubernetesObject, ObjectRef, StackKey } from '../api/kubernetes.ts';
import { refKey, refOf } from '../api/kubernetes.ts';
import type { EngineOptions } from '../engine/engine.ts';
import type { RootKubeClient } from '../kube/client.ts';
import { ConflictError } from '../kube/errors.ts';
import type { LiveObject } from '../kube/live-object.ts';
import { canonicalJson, hashOf } from '../objects/hash.ts';
import { mergeOverrides } from '../objects/merge-overrides.ts';
import { annotations, fieldManager, labels } from '../objects/names.ts';

/**
 * The engine's ports over a map: applies and patches take effect at once and are seen at once. For what the real
 * server will not do on demand: a failure at exactly the n-th write. Everything else is tested against the real one.
 */
export class FakeCluster {
  readonly objects = new Map<string, KubernetesObject>();
  readonly writes: string[] = [];
  readonly events: string[] = [];
  /** Stacks for which another pass was asked. */
  readonly woken: StackKey[] = [];
  /** What time it is. */
  now = new Date('2026-01-01T00:00:00Z');
  /** Called before each write with its number, from 1; a throw is the write's failure. */
  beforeWrite: (count: number) => void = () => undefined;
  #version = 0;

  /** Ports for an engine over this cluster. */
  ports(rest: Pick<EngineOptions, 'components'>): EngineOptions {
    return {
      ...rest,
      kube: this.#client(),
      children: {
        // As the real caches, which select by label.
        get: (ref) => {
          const live = this.live(ref);
          return live?.labels[labels.managedBy] === fieldManager ? live : undefined;
        },
        listByStack: (namespace, stack) =>
          [...this.objects.values()]
            .filter(({ metadata }) => metadata.namespace === namespace && metadata.labels?.[labels.stack] === stack)
            .map(toLive),
        upsert: toLive,
        verified: () => undefined,
        rest: () => undefined,
      },
      stacks: { get: (key) => this.stack(key), upsert: () => undefined },
      events: { emit: (_stack, { reason, message }) => void this.events.push(`${reason}: ${message}`) },
      metrics: { driftCorrected: () => undefined, stackObserved: () => undefined, stackForgotten: () => undefined },
      installation: { registry: 'test', images: {}, versions: {} },
      operatorVersion: '0.0.0',
      finalize: (_object, _finalizer, action) => action(),
      wake: (key) => void this.woken.push(key),
      now: () => this.now,
    };
  }

  stack(key: StackKey): KubernetesObject | undefined {
    const [namespace = '', name = ''] = key.split('/');
    return this.objects.get(refKey({ apiVersion: 'ecommerce.stack/v1beta1', kind: 'EcommerceStack', namespace, name }));
  }

  live(ref: ObjectRef): LiveObject | undefined {
    const object = this.objects.get(refKey(ref));
    return object === undefined ? undefined : toLive(object);
  }

  /** Puts an object there as somebody else would. */
  put(object: KubernetesObject): KubernetesObject {
    this.#version += 1;
    const before = this.objects.get(refKey(refOf(object)));
    const stored = {
      ...object,
      metadata: {
        generation: 1,
        ...object.metadata,
        uid: before?.metadata.uid ?? object.metadata.uid ?? `uid-${this.#version}`,
        resourceVersion: String(this.#version),
      },
    };
    this.objects.set(refKey(refOf(stored)), stored);
    return stored;
  }

  remove(ref: ObjectRef): void {
    this.objects.delete(refKey(ref));
  }

  /** Everything but versions, for comparing two clusters. */
  snapshot(): string {
    const plain = [...this.objects.values()].map(({ metadata, ...rest }) => {
      const { resourceVersion: _version, uid: _uid, ...meta } = metadata;
      return { ...rest, metadata: meta };
    });
    return canonicalJson(plain.toSorted((a, b) => (refKey(refOf(a)) < refKey(refOf(b)) ? -1 : 1)));
  }

  #client(): RootKubeClient {
    const client: RootKubeClient = {
      forPass: () => client,
      get: (ref) => Promise.resolve(this.objects.get(refKey(ref))),
      list: () => Promise.resolve([...this.objects.values()]),
      apply: async (object, { subresource, onlyCreate }) => {
        this.#count(`${subresource === undefined ? 'apply' : 'status'} ${object.kind} ${object.metadata.name}`);
        const before = this.objects.get(refKey(refOf(object)));
        if (onlyCreate === true && before !== undefined) {
          throw new ConflictError('it exists', { status: 409, reason: 'Conflict', operation: 'apply' });
        }
        return this.put(
          subresource === 'status' && before !== undefined
            ? { ...before, status: object['status'] }
            : merge(before, object),
        );
      },
      create: async (object) => {
        this.#count(`create ${object.kind} ${object.metadata.name}`);
        if (this.objects.has(refKey(refOf(object)))) {
          throw new ConflictError('it exists', { status: 409, reason: 'AlreadyExists', operation: 'create' });
        }
        return this.put(object);
      },
      patch: async (ref, body: JsonObject) => {
        this.#count(`patch ${ref.kind} ${ref.name}`);
        return this.put(merge(this.objects.get(refKey(ref)), { ...ref, ...body } as unknown as KubernetesObject));
      },
      remove: async (ref) => {
        this.#count(`remove ${ref.kind} ${ref.name}`);
        this.remove(ref);
      },
    };
    return client;
  }

  #count(write: string): void {
    this.beforeWrite(this.writes.length + 1);
    this.writes.push(write);
  }
}

/** Merge of an apply into what is there: enough for objects that only we write. */
function merge(before: KubernetesObject | undefined, object: KubernetesObject): KubernetesObject {
  const { metadata, ...rest } = object;
  const { namespace: _namespace, name: _name, ...body } = { ...rest } as Record<string, unknown>;
  return {
    ...before,
    ...mergeOverrides(before ?? {}, body),
    apiVersion: object.apiVersion,
    kind: object.kind,
    metadata: { ...mergeOverrides({ ...before?.metadata }, { ...metadata }), name: nameOf(object, before) },
  };
}

function nameOf(object: KubernetesObject, before: KubernetesObject | undefined): string {
  return object.metadata.name ?? before?.metadata.name ?? '';
}

function toLive(object: KubernetesObject): LiveObject {
  const { metadata, apiVersion: _apiVersion, kind: _kind, status, ...rest } = object;
  const { uid = '', resourceVersion = '', generation = 1, name: _name, namespace: _namespace, ...fields } = metadata;
  const owned = { ...rest, metadata: fields };
  return {
    ref: refOf(object),
    uid,
    resourceVersion,
    generation,
    labels: metadata.labels ?? {},
    ownerUid: metadata.ownerReferences?.find(({ controller }) => controller === true)?.uid,
    deleting: metadata.deletionTimestamp !== undefined,
    appliedHash: metadata.annotations?.[annotations.appliedHash],
    identity: metadata.annotations?.[annotations.identity],
    ownedHash: hashOf(owned),
    // A fake's objects hold plain JSON only.
    owned: owned as unknown as JsonObject,
    status: (status ?? {}) as JsonObject,
  };
}
