import type { KindName } from '../../../api/kinds.ts';
import type { KubernetesObject, ObjectRef } from '../../../api/kubernetes.ts';
import type { CompleteStack } from '../../../api/v1beta1/complete-stack.ts';
import type { KubeClient } from '../../../kube/kube-client.ts';
import type { LiveObject } from '../../../kube/live-object.ts';
import { aLive } from '../../../testing/live.ts';
import { passUntil } from '../../../testing/pass-until.ts';
import type { ActionPorts, Observation, Reader } from '../../contract.ts';
import { ask, type Call, closeConnections } from '../client.ts';
import { adminAccess } from '../connection.ts';
import { elasticsearch } from '../index.ts';
import { elasticsearchNames, podName, versionLabel } from '../names.ts';
import { ElasticsearchPods, type RunningPod } from './elasticsearch-pods.ts';

/**
 * The component over real Elasticsearch servers: does what the engine, kubelet and the StatefulSet controller would do
 * with it, so that a test says what happens to pods and waits for what becomes of it.
 */
export class ElasticsearchStack {
  readonly pods: ElasticsearchPods;
  stack: CompleteStack;
  /** Newest template: pods of another one are outdated. */
  revision = 'revision-1';
  identity: string | undefined;
  /** `spec.replicas` of the StatefulSet. */
  replicas: number;
  /** Names of the steps that were executed without an error, in order. */
  readonly steps: string[] = [];
  /** Messages of the executed steps. */
  readonly messages: string[] = [];
  /** What a planned step would wait for, by the name of the check, in order of appearance. */
  readonly blocks = new Set<string>();
  /** Called with each request of the API server before it is made; a throw is the operator's death at that point. */
  beforeRemoval: () => void = () => undefined;
  /** Last words of pods that ended by themselves. */
  readonly #lastWords = new Map<string, string>();
  #wasReady = false;

  private constructor(stack: CompleteStack, pods: ElasticsearchPods) {
    this.stack = stack;
    this.pods = pods;
    this.replicas = stack.elasticsearch.nodes;
  }

  /** Starts all pods of the shape. */
  static async start(stack: CompleteStack): Promise<ElasticsearchStack> {
    const one = new ElasticsearchStack(stack, await ElasticsearchPods.create());
    await one.grow();
    return one;
  }

  /** Changes the manifest, and starts the pods that it wants more. */
  async change(stack: CompleteStack): Promise<void> {
    this.stack = stack;
    this.replicas = Math.max(this.replicas, stack.elasticsearch.nodes);
    await this.grow();
  }

  /** Starts every pod that should be there and is not. */
  async grow(): Promise<void> {
    const present = new Set(this.pods.running.map(({ ordinal }) => ordinal));
    const missing = Array.from({ length: this.replicas }, (_, ordinal) => ordinal).filter((one) => !present.has(one));
    const input = { nodes: this.replicas, isFormed: this.identity !== undefined, revision: this.revision };
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
    const observation = await elasticsearch.observe(this.stack, this.#reader());
    this.identity ??= observation.report.identity;
    this.#wasReady ||= observation.readiness.state === 'ready';
    const { plan } = observation;
    if (plan?.plan.kind === 'blocked') {
      this.blocks.add(plan.plan.blockedBy);
    }
    return observation;
  }

  async #execute({ plan: planned }: Observation): Promise<void> {
    if (planned?.plan.kind !== 'step') {
      return;
    }
    const { step } = planned.plan;
    await planned.execute(step, this.#ports());
    this.steps.push(step.target === undefined ? step.name : `${step.name} ${step.target}`);
    this.messages.push(step.message);
  }

  /** Passes until the condition holds; see {@link passUntil}. */
  until(condition: (observation: Observation) => boolean, timeoutMs = 120_000): Promise<Observation> {
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

  /** A request to the first running node. */
  async request<T>(method: Call['method'], path: string, body?: Call['body']): Promise<T> {
    const target = { url: this.pods.urls()[0] ?? '' };
    const call = { method, path, ...(body === undefined ? {} : { body }) };
    // `as`: each test names the format of the answer to its path.
    return (await ask(target, adminAccess({}), call, { signal: AbortSignal.timeout(40_000), timeoutMs: 40_000 })) as T;
  }

  /** Name of the elected master. */
  async master(): Promise<string> {
    const [row] = await this.request<readonly { node: string }[]>('GET', '/_cat/master?format=json');
    return row?.node ?? '';
  }

  async close(): Promise<void> {
    await closeConnections();
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
    return aLive('StatefulSet', elasticsearchNames(this.stack).statefulSet, {
      labels: { [versionLabel]: this.stack.elasticsearch.version },
      status: { specReplicas: this.replicas, updateRevision: this.revision, observedGeneration: 1 },
    });
  }

  #list(kind: KindName): readonly LiveObject[] {
    return kind === 'Pod' ? this.pods.running.map((pod) => this.#livePod(pod)) : [];
  }

  #livePod({ ordinal, uid, address, revision, isReady }: RunningPod): LiveObject {
    const name = podName(this.stack, ordinal);
    const words = this.#lastWords.get(name);
    const container = { name: 'elasticsearch', image: 'elasticsearch', ready: isReady, restartCount: 0 };
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
    // Only these two are called: a deleted pod is replaced by one of the newest template, pods above the count go.
    const kube = {
      remove: async (ref: ObjectRef) => {
        this.beforeRemoval();
        await this.pods.stop(Number(ref.name.split('-').at(-1)));
        await this.grow();
      },
      apply: async (object: KubernetesObject) => {
        // `as`: the scale that the action writes.
        this.replicas = (object['spec'] as { replicas: number }).replicas;
        const leaving = this.pods.running.filter(({ ordinal }) => ordinal >= this.replicas);
        await Promise.all(leaving.map(({ ordinal }) => this.pods.stop(ordinal)));
      },
    } as unknown as KubeClient;
    return { kube, stack: this.stack, secret: () => credentials, signal: AbortSignal.timeout(60_000) };
  }
}
