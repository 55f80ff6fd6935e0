import { kinds } from '../../operator/api/kinds.ts';
import { type KubernetesObject, type ObjectRef, refKey } from '../../operator/api/kubernetes.ts';
import { createObjectCache, type ObjectCache } from '../../operator/kube/object-cache.ts';
import { annotations, fieldManager, labels, managedSelector } from '../../operator/objects/names.ts';
import { type Admin, openAdmin, silentLogger } from './admin.ts';
import { driveDeployment, driveJob, driveStatefulSet } from './driven-workloads.ts';

/**
 * Plays the controllers and kubelets that an API server alone does not have: Deployments and StatefulSets get their pods,
 * pods run, claims are bound, Jobs are complete. Nothing really runs behind them.
 */
export interface StatusDriver extends AsyncDisposable {
  /** Workloads that it has not yet brought to their wanted state. */
  readonly pending: number;
  /** What it could not do, by object. */
  readonly failures: readonly string[];
}

type Drive = (admin: Admin, cache: ObjectCache, object: KubernetesObject) => Promise<void>;

const drivers: Readonly<Record<string, Drive>> = {
  Deployment: driveDeployment,
  StatefulSet: driveStatefulSet,
  Job: (admin, _cache, object) => driveJob(admin, object),
};

/** Starts it for all namespaces; resolves when it sees what there is. */
export async function startStatusDriver(kubeconfig: string): Promise<StatusDriver> {
  const admin = await openAdmin(kubeconfig);
  const stop = new AbortController();
  const cache = createObjectCache({
    transport: admin.transport,
    kinds: [kinds.Deployment, kinds.StatefulSet, kinds.Job, kinds.HorizontalPodAutoscaler],
    labelSelector: managedSelector,
    manager: fieldManager,
    names: {
      stackLabel: labels.stack,
      appliedHashAnnotation: annotations.appliedHash,
      identityAnnotation: annotations.identity,
    },
    logger: silentLogger,
    metrics: admin.metrics,
  });
  const queue = new DriveQueue(admin, cache);
  cache.onChange((_stack, { ref, type }) => {
    if (type !== 'removed') {
      queue.add(ref.kind === 'HorizontalPodAutoscaler' ? { ...ref, apiVersion: 'apps/v1', kind: 'Deployment' } : ref);
    }
  });
  const running = cache.start(stop.signal);
  await cache.whenSynced();
  return {
    get pending() {
      return queue.size;
    },
    failures: queue.failures,
    async [Symbol.asyncDispose]() {
      stop.abort();
      await running;
      await admin[Symbol.asyncDispose]();
    },
  };
}

/** One object is driven once at a time; a change meanwhile drives it again. */
class DriveQueue {
  readonly failures: string[] = [];
  readonly #admin: Admin;
  readonly #cache: ObjectCache;
  /** `true`: something changed while it was driven. */
  readonly #running = new Map<string, boolean>();

  constructor(admin: Admin, cache: ObjectCache) {
    this.#admin = admin;
    this.#cache = cache;
  }

  get size(): number {
    return this.#running.size;
  }

  add(ref: ObjectRef): void {
    const key = refKey(ref);
    if (this.#running.has(key)) {
      this.#running.set(key, true);
      return;
    }
    void this.#run(ref, key);
  }

  async #run(ref: ObjectRef, key: string): Promise<void> {
    do {
      this.#running.set(key, false);
      try {
        await this.#drive(ref);
      } catch (error) {
        this.failures.push(`${key}: ${error instanceof Error ? error.message : String(error)}`);
      }
    } while (this.#running.get(key) === true);
    this.#running.delete(key);
  }

  async #drive(ref: ObjectRef): Promise<void> {
    const object = await this.#admin.client.get(ref);
    if (object !== undefined && object.metadata.deletionTimestamp === undefined) {
      await drivers[ref.kind]?.(this.#admin, this.#cache, object);
    }
  }
}
