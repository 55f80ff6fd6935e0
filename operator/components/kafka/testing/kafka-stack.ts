import type { KindName } from '../../../api/kinds.ts';
import type { ObjectRef } from '../../../api/kubernetes.ts';
import type { CompleteStack } from '../../../api/v1beta1/complete-stack.ts';
import type { KubeClient } from '../../../kube/kube-client.ts';
import type { LiveObject } from '../../../kube/live-object.ts';
import { aLive } from '../../../testing/live.ts';
import { passUntil } from '../../../testing/pass-until.ts';
import type { ActionPorts, Observation, Reader } from '../../contract.ts';
import { closeConnections, converse } from '../client.ts';
import { adminAccess } from '../gather.ts';
import { kafka } from '../index.ts';
import { clientPort, kafkaNames, podName } from '../names.ts';
import { describeQuorum } from '../protocol/quorum.ts';
import { KafkaPods, type RunningPod } from './kafka-pods.ts';

/**
 * The component over real Kafka servers: does what the engine, kubelet and the StatefulSet controller would do with it,
 * so that a test says what happens to pods and waits for what becomes of it.
 */
export class KafkaStack {
  readonly pods: KafkaPods;
  stack: CompleteStack;
  /** Newest template: pods of another one are outdated. */
  revision = 'revision-1';
  identity: string | undefined;
  /** `spec.replicas` of the StatefulSet. */
  replicas: number;
  /** Names of the steps that were executed without an error, in order. */
  readonly steps: string[] = [];
  /** Last words of pods that ended by themselves. */
  readonly #lastWords = new Map<string, string>();
  #wasReady = false;
  /** The step that restarted whoever was the active controller at that moment. */
  restartedLeader = '';

  private constructor(stack: CompleteStack, pods: KafkaPods) {
    this.stack = stack;
    this.pods = pods;
    this.replicas = stack.kafka.brokers;
  }

  /** Starts all pods of the shape. */
  static async start(stack: CompleteStack): Promise<KafkaStack> {
    const one = new KafkaStack(stack, await KafkaPods.create());
    await one.grow();
    return one;
  }

  /** Changes the manifest, and starts the pods that it wants more. */
  async change(stack: CompleteStack): Promise<void> {
    this.stack = stack;
    this.replicas = Math.max(this.replicas, stack.kafka.brokers);
    await this.grow();
  }

  /** Starts every pod that should be there and is not. */
  async grow(): Promise<void> {
    const present = new Set(this.pods.running.map(({ ordinal }) => ordinal));
    const missing = Array.from({ length: this.replicas }, (_, ordinal) => ordinal).filter((one) => !present.has(one));
    const input = { brokers: this.replicas, isFormed: this.identity !== undefined, revision: this.revision };
    await Promise.all(missing.map((ordinal) => this.pods.start(this.stack, ordinal, input)));
  }

  /** One pass: observe, and execute the planned step. Rejects when that fails. */
  async pass(): Promise<Observation> {
    const observation = await this.#observe();
    await this.#execute(observation);
    return observation;
  }

  async #observe(): Promise<Observation> {
    await this.#restartEnded();
    await this.pods.probe();
    const observation = await kafka.observe(this.stack, this.#reader());
    this.identity ??= observation.report.identity;
    this.#wasReady ||= observation.readiness.state === 'ready';
    return observation;
  }

  async #execute({ plan: planned }: Observation): Promise<void> {
    if (planned?.plan.kind !== 'step') {
      return;
    }
    const { step } = planned.plan;
    const label = step.target === undefined ? step.name : `${step.name} ${step.target}`;
    await planned.execute(step, this.#ports());
    this.steps.push(label);
    if (step.message.includes('active controller')) {
      this.restartedLeader = label;
    }
  }

  /** Passes until the condition holds; see {@link passUntil}. */
  until(condition: (observation: Observation) => boolean, timeoutMs = 90_000): Promise<Observation> {
    return passUntil(
      {
        observe: () => this.#observe(),
        execute: (observation) => this.#execute(observation),
        explain: () =>
          [
            this.steps.join(', '),
            ...this.pods.running.map(({ ordinal, server }) => `${ordinal}: ${server.tail()}`),
          ].join('\n'),
      },
      condition,
      { timeoutMs, intervalMs: 200 },
    );
  }

  /** Passes until it is ready and nothing is left to do. */
  untilSettled(timeoutMs?: number): Promise<Observation> {
    return this.until(({ readiness, plan }) => readiness.state === 'ready' && plan === undefined, timeoutMs);
  }

  /** Ordinal of the active controller. */
  async activeController(): Promise<number> {
    const [pod] = this.pods.running;
    const target = { key: pod?.uid ?? '', host: pod?.address ?? '', port: clientPort };
    const signal = AbortSignal.timeout(10_000);
    const { leaderId } = await converse(target, adminAccess(this.pods.credentials), describeQuorum, { signal });
    return leaderId;
  }

  async close(): Promise<void> {
    closeConnections();
    await this.pods.close();
  }

  /** As kubelet: a container that ended is started again, and its last words are kept. */
  async #restartEnded(): Promise<void> {
    for (const { ordinal, server } of this.pods.running.filter((pod) => !pod.server.isRunning())) {
      this.#lastWords.set(podName(this.stack, ordinal), server.tail().split('\n').at(-1) ?? '');
      await this.pods.stop(ordinal);
    }
    await this.grow();
  }

  #reader(): Reader {
    const { credentials } = this.pods;
    return {
      live: (ref) => (ref.kind === 'StatefulSet' ? this.#statefulSet() : undefined),
      list: (kind) => this.#list(kind),
      secret: () => credentials,
      held: [],
      recorded: { identity: this.identity, wasReady: this.#wasReady },
      signal: AbortSignal.timeout(60_000),
    };
  }

  #statefulSet(): LiveObject {
    return aLive('StatefulSet', kafkaNames(this.stack).statefulSet, {
      status: { specReplicas: this.replicas, updateRevision: this.revision, observedGeneration: 1 },
    });
  }

  #list(kind: KindName): readonly LiveObject[] {
    return kind === 'Pod' ? this.pods.running.map((pod) => this.#livePod(pod)) : [];
  }

  #livePod({ ordinal, uid, address, revision, isReady }: RunningPod): LiveObject {
    const name = podName(this.stack, ordinal);
    const words = this.#lastWords.get(name);
    const container = { name: 'kafka', image: 'kafka', ready: isReady, restartCount: 0 };
    return aLive('Pod', name, {
      uid,
      labels: { 'controller-revision-hash': revision },
      status: {
        podIP: address,
        ready: isReady,
        containers: [{ ...container, ...(words === undefined ? {} : { terminatedMessage: words }) }],
      },
    });
  }

  #ports(): ActionPorts {
    const { credentials } = this.pods;
    // Only `remove` is called: a deleted pod is replaced by one of the newest template.
    const kube = {
      remove: async (ref: ObjectRef) => {
        const ordinal = Number(ref.name.split('-').at(-1));
        await this.pods.stop(ordinal);
        await this.grow();
      },
    } as unknown as KubeClient;
    return { kube, stack: this.stack, secret: () => credentials, signal: AbortSignal.timeout(60_000) };
  }
}
