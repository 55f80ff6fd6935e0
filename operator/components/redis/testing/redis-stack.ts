import type { KindName } from '../../../api/kinds.ts';
import type { KubernetesObject, ObjectRef } from '../../../api/kubernetes.ts';
import type { CompleteStack } from '../../../api/v1beta1/complete-stack.ts';
import type { KubeClient } from '../../../kube/kube-client.ts';
import type { LiveObject } from '../../../kube/live-object.ts';
import { aLive } from '../../../testing/live.ts';
import { passUntil } from '../../../testing/pass-until.ts';
import type { ActionPorts, Observation, Reader, Readiness } from '../../contract.ts';
import { redis } from '../index.ts';
import { podName, redisNames, shapeOf } from '../names.ts';
import { RedisPods, type RunningPod } from './redis-pods.ts';

/**
 * The component over real Redis servers: does what the engine and the StatefulSet controller would do with it, so that
 * a test says what happens to pods and waits for what becomes of it.
 */
export class RedisStack {
  readonly pods: RedisPods;
  stack: CompleteStack;
  /** Newest template: pods of another one are outdated. */
  revision = 'revision-1';
  identity: string | undefined;
  /** `spec.replicas` of the StatefulSet. */
  replicas: number;
  /** Names of the steps that were executed without an error, in order. */
  readonly steps: string[] = [];

  private constructor(stack: CompleteStack, pods: RedisPods) {
    this.stack = stack;
    this.pods = pods;
    this.replicas = shapeOf(stack).pods;
  }

  /** Starts all pods of the shape; forms nothing. */
  static async start(stack: CompleteStack): Promise<RedisStack> {
    const one = new RedisStack(stack, await RedisPods.create(stack));
    await one.grow();
    return one;
  }

  /** Changes the manifest, and starts the pods that it wants more. */
  async change(stack: CompleteStack): Promise<void> {
    this.stack = stack;
    this.replicas = Math.max(this.replicas, shapeOf(stack).pods);
    await this.grow();
  }

  /** Starts every pod that should be there and is not. */
  async grow(): Promise<void> {
    const present = new Set(this.pods.running.map(({ ordinal }) => ordinal));
    const missing = Array.from({ length: this.replicas }, (_, ordinal) => ordinal).filter((one) => !present.has(one));
    await Promise.all(missing.map((ordinal) => this.pods.start(ordinal, this.revision)));
  }

  /**
   * One pass: observe, and execute the planned step. Rejects when that fails. With `diesAfterMs` the operator dies in
   * the middle of it.
   */
  async pass(diesAfterMs?: number): Promise<Observation> {
    const observation = await this.#observe();
    await this.#execute(observation, diesAfterMs);
    return observation;
  }

  async #observe(): Promise<Observation> {
    const observation = await redis.observe(this.stack, this.#reader(AbortSignal.timeout(60_000)));
    this.identity ??= observation.report.identity;
    return observation;
  }

  async #execute({ plan: planned }: Observation, diesAfterMs?: number): Promise<void> {
    if (planned?.plan.kind === 'step') {
      const { step } = planned.plan;
      await planned.execute(step, this.#ports(AbortSignal.timeout(diesAfterMs ?? 60_000)));
      this.steps.push(step.name);
    }
  }

  /** Passes until the condition holds; see {@link passUntil}. */
  until(condition: (observation: Observation) => boolean, timeoutMs = 60_000): Promise<Observation> {
    return passUntil(
      {
        observe: () => this.#observe(),
        execute: (observation) => this.#execute(observation),
        explain: () => this.steps.join(', '),
      },
      condition,
      { timeoutMs, intervalMs: 100 },
    );
  }

  /** Passes until it is ready and nothing is left to do. */
  untilSettled(timeoutMs?: number): Promise<Observation> {
    return this.until(({ readiness, plan }) => readiness.state === 'ready' && plan === undefined, timeoutMs);
  }

  async close(): Promise<void> {
    await this.pods.close();
  }

  #reader(signal: AbortSignal): Reader {
    return {
      live: (ref) => (ref.kind === 'StatefulSet' ? this.#statefulSet() : undefined),
      list: (kind) => this.#list(kind),
      secret: () => this.pods.credentials,
      held: [],
      recorded: { identity: this.identity, wasReady: this.identity !== undefined },
      signal,
    };
  }

  #statefulSet(): LiveObject {
    return aLive('StatefulSet', redisNames(this.stack).statefulSet, {
      status: { specReplicas: this.replicas, updateRevision: this.revision, observedGeneration: 1 },
    });
  }

  #list(kind: KindName): readonly LiveObject[] {
    if (kind === 'Pod') {
      return this.pods.running.map((pod) => this.#livePod(pod));
    }
    const claim = (ordinal: number) =>
      aLive('PersistentVolumeClaim', `data-${podName(this.stack, ordinal)}`, {
        status: { phase: 'Bound', requested: this.stack.redis.storage.size },
      });
    return kind === 'PersistentVolumeClaim' ? this.pods.volumes.map(claim) : [];
  }

  #livePod({ ordinal, uid, address, revision }: RunningPod): LiveObject {
    return aLive('Pod', podName(this.stack, ordinal), {
      uid,
      labels: { 'controller-revision-hash': revision },
      status: { phase: 'Running', podIP: address, nodeName: `machine-${ordinal % 3}`, ready: true },
    });
  }

  #ports(signal: AbortSignal): ActionPorts {
    return { kube: this.#kube(), stack: this.stack, secret: () => this.pods.credentials, signal };
  }

  /** The calls that this component makes; any other is a mistake of the test. */
  #kube(): KubeClient {
    const refuse = () => Promise.reject(new Error('not expected of this component'));
    return {
      get: refuse,
      create: refuse,
      patch: refuse,
      list: refuse,
      remove: (ref) => this.#replacePod(ref),
      apply: (object) => this.#scale(object),
    };
  }

  async #replacePod({ name }: ObjectRef): Promise<void> {
    const pod = this.pods.running.find(({ ordinal }) => podName(this.stack, ordinal) === name);
    if (pod !== undefined) {
      await this.pods.stop(pod.ordinal);
      await this.pods.start(pod.ordinal, this.revision);
    }
  }

  async #scale(object: KubernetesObject): Promise<KubernetesObject> {
    const { spec } = object;
    // The only apply of this component is the replica count.
    this.replicas = (spec as { readonly replicas: number }).replicas;
    const going = this.pods.running.filter(({ ordinal }) => ordinal >= this.replicas);
    await Promise.all(going.map(({ ordinal }) => this.pods.stop(ordinal)));
    return object;
  }
}

/** Short form for assertions. */
export function reasonOf(readiness: Readiness): string {
  return readiness.state === 'ready' ? 'ready' : readiness.reason;
}
