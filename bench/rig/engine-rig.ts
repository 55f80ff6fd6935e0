import { kinds } from '../../operator/api/kinds.ts';
import { type KubernetesObject, refOf, type StackKey } from '../../operator/api/kubernetes.ts';
import type { AnyComponent } from '../../operator/components/contract.ts';
import { Engine, type PassOutcome } from '../../operator/engine/engine.ts';
import type { RootKubeClient } from '../../operator/kube/client.ts';
import type { ObjectCache } from '../../operator/kube/object-cache.ts';
import type { StackCache } from '../../operator/kube/stack-cache.ts';
import { type Admin, openAdmin } from './admin.ts';
import { createCaches } from './caches.ts';
import { type Applied, recordApplies } from './recording-client.ts';

/** The engine with its real client and caches in this process, for one namespace. */
export interface EngineRig extends AsyncDisposable {
  readonly admin: Admin;
  /** What the engine has applied, in the order of the answers. */
  readonly applied: readonly Applied[];
  /** Opens the connections that a running operator has open. */
  warmUp(): Promise<void>;
  /** Posts a stack and resolves when the caches show it. */
  post(stack: KubernetesObject): Promise<Posted>;
  /** When the API server acknowledged the last child, on the clock of `performance.now()`. */
  lastChildAt(): number;
  /** Resolves when the caches show the next change of the stack's spec. */
  nextChange(key: StackKey): Promise<void>;
  /** One pass. */
  reconcile(key: StackKey): Promise<PassOutcome>;
  /** Passes until one writes nothing; one that fails is repeated, as the work queue would. Gives what failed. */
  settle(key: StackKey): Promise<readonly string[]>;
}

/** A stack that the API server has accepted. */
export interface Posted {
  readonly key: StackKey;
  /** On the clock of `performance.now()`. */
  readonly acceptedAt: number;
  /** When the caches showed it; the watch may be faster than the answer to the POST. */
  readonly seenAt: number;
}

const mostPasses = 10;

/** What the engine of a rig works with. */
export interface EngineRigOptions {
  readonly kubeconfig: string;
  readonly namespace: string;
  readonly components: readonly AnyComponent[];
}

/** Starts the caches and resolves when they are in sync: that is no part of what a bench times. */
export async function startEngine(options: EngineRigOptions): Promise<EngineRig> {
  const admin = await openAdmin(options.kubeconfig);
  const stop = new AbortController();
  const { stacks, children } = createCaches(admin, [options.namespace], options.components);
  const running = Promise.all([stacks.start(stop.signal), children.start(stop.signal)]);
  await Promise.all([stacks.whenSynced(), children.whenSynced()]);
  const applied: Applied[] = [];
  const engine = createEngine(recordApplies(admin.client, applied), { stacks, children }, options.components);
  const nextChange = (key: StackKey) =>
    new Promise<void>((resolve) => {
      const stopListening = stacks.onChange((changed) => {
        if (changed === key) {
          stopListening();
          resolve();
        }
      });
    });
  return {
    admin,
    applied,
    nextChange,
    async warmUp() {
      const nobody = { apiVersion: 'v1', kind: 'Secret', namespace: options.namespace, name: 'nobody' };
      await Promise.all(Array.from({ length: 12 }, () => admin.client.get(nobody)));
    },
    async post(stack) {
      const key: StackKey = `${options.namespace}/${stack.metadata.name}`;
      const seen = nextChange(key);
      await admin.client.create(stack);
      const acceptedAt = performance.now();
      await seen;
      return { key, acceptedAt, seenAt: performance.now() };
    },
    lastChildAt: () => Math.max(...applied.flatMap((one) => (isStack(one.object) ? [] : [one.answeredAt]))),
    reconcile: (key) => engine.reconcile(key, stop.signal),
    settle: (key) => settle(() => engine.reconcile(key, stop.signal)),
    async [Symbol.asyncDispose]() {
      stop.abort();
      await running;
      await admin[Symbol.asyncDispose]();
    },
  };
}

async function settle(pass: () => Promise<PassOutcome>): Promise<readonly string[]> {
  const failures: string[] = [];
  for (let count = 0; count < mostPasses; count += 1) {
    try {
      const { counters } = await pass();
      if (Object.values(counters).every((value) => value === 0)) {
        return failures;
      }
    } catch (error) {
      failures.push(error instanceof Error ? error.message : String(error));
    }
  }
  throw new Error(`the stack still wants to write after ${mostPasses} passes; failed were: ${failures.join('; ')}`);
}

/** Without Events and finalizers: Events are sent aside, and the stacks of the benches need no finalizer. */
function createEngine(
  kube: RootKubeClient,
  caches: { readonly stacks: StackCache; readonly children: ObjectCache },
  components: readonly AnyComponent[],
): Engine {
  return new Engine({
    ...caches,
    kube,
    components,
    events: { emit: ignore },
    metrics: { driftCorrected: ignore, stackObserved: ignore, stackForgotten: ignore },
    installation: { registry: 'bench', images: {}, versions: {} },
    operatorVersion: '0.0.0',
    finalize: (object) => Promise.reject(new Error(`${refOf(object).name}: the benches use no finalizer`)),
    wake: ignore,
    now: () => new Date(),
  });
}

function isStack({ kind }: KubernetesObject): boolean {
  return kind === kinds.EcommerceStack.kind;
}

function ignore(): void {}
