import type { Kind } from './api/kinds.ts';
import { kinds } from './api/kinds.ts';
import type { KubernetesObject, StackKey } from './api/kubernetes.ts';
import type { EventReason } from './api/v1beta1/conditions.ts';
import { components } from './components/index.ts';
import type { OperatorConfig } from './config.ts';
import { Engine, type EngineOptions } from './engine/engine.ts';
import { BaseOperator, type BaseOperatorOptions } from './kube/base-operator.ts';
import { createEventRecorder, type EventRecorder } from './kube/events.ts';
import { createObjectCache, type ObjectCache } from './kube/object-cache.ts';
import { toResourceEvent } from './kube/resource-event.ts';
import { createStackCache, type StackCache } from './kube/stack-cache.ts';
import { createStackMetrics } from './metrics.ts';
import { annotations, fieldManager, labels, managedSelector } from './objects/names.ts';
import { logPass, type PassDetails } from './pass-log.ts';
import { systemClock } from './runtime/clock.ts';
import { type Controller, createController, type Outcome, type PassContext } from './runtime/controller.ts';
import { createHealthServer } from './runtime/health-server.ts';
import { soleLeader } from './runtime/leadership.ts';
import { createManager } from './runtime/manager.ts';
import type { RuntimeMetrics } from './runtime/metrics.ts';
import { createBackoff } from './runtime/rate-limiter.ts';
import { createWorkQueue, type WorkQueue } from './runtime/work-queue.ts';

/** Changes of children are collected this long before a pass, milliseconds: a rolling pod sends a dozen at once. */
const coalesceMs = 75;

export interface EcommerceOperatorOptions extends BaseOperatorOptions {
  readonly config: OperatorConfig;
  readonly runtimeMetrics: RuntimeMetrics;
  readonly version: string;
}

/** The operator of EcommerceStacks: composes caches, queue, engine and servers behind dot-i's life cycle. */
export class EcommerceOperator extends BaseOperator {
  readonly #options: EcommerceOperatorOptions;
  readonly #details = new Map<string, PassDetails>();
  #running: Promise<void> = Promise.resolve();

  constructor(options: EcommerceOperatorOptions) {
    super(options);
    this.#options = options;
  }

  /** Called once by `start`: returns when everything has been set in motion. */
  protected override async init(): Promise<void> {
    const { config, runtimeMetrics } = this.#options;
    if (config.installCrd) {
      await this.registerCustomResourceDefinition('crds/ecommercestack.yaml');
    }
    const stacks = this.#stackCache();
    const children = this.#childCache();
    const events = this.#eventRecorder();
    const queue = this.#workQueue(stacks, children);
    const engine = new Engine(this.#enginePorts({ stacks, children, events, queue }));
    const controller = this.#controller(queue, engine);
    const manager = createManager({
      caches: [stacks, children],
      controllers: [controller],
      leadership: soleLeader(config.instance),
      health: ({ liveness, readiness }) =>
        createHealthServer({
          registry: runtimeMetrics.registry,
          livez: [{ name: 'controllers', check: liveness }],
          readyz: [{ name: 'caches', check: readiness }],
          metricsPort: config.metricsPort,
          probesPort: config.probesPort,
        }),
      onLeading: () => {
        for (const key of stacks.keys()) {
          queue.add(key, { trigger: 'startup' });
        }
        return Promise.resolve();
      },
      onStopping: (signal) => events.stop(signal),
      logger: this.log,
      clock: systemClock,
      metrics: runtimeMetrics,
    });
    this.#running = manager.run(this.stopping);
  }

  /** Resolves when the operator has stopped after `stop`; rejects when it cannot go on. */
  async finished(): Promise<void> {
    await this.#running;
    this.stop();
    await this.stopped();
  }

  #stackCache(): StackCache {
    const { config } = this.#options;
    return createStackCache({
      transport: this.transport,
      kind: kinds.EcommerceStack,
      namespaces: config.namespaces,
      logger: this.log,
      metrics: this.metrics,
    });
  }

  #childCache(): ObjectCache {
    const { config } = this.#options;
    return createObjectCache({
      transport: this.transport,
      kinds: watchedKinds(),
      labelSelector: managedSelector,
      namespaces: config.namespaces,
      manager: fieldManager,
      names: {
        stackLabel: labels.stack,
        appliedHashAnnotation: annotations.appliedHash,
        identityAnnotation: annotations.identity,
      },
      logger: this.log,
      metrics: this.metrics,
    });
  }

  #eventRecorder(): EventRecorder<EventReason> {
    return createEventRecorder<EventReason>({
      client: this.client,
      controller: 'ecommerce.stack/operator',
      instance: this.#options.config.instance,
      logger: this.log,
      metrics: this.metrics,
    });
  }

  #workQueue(stacks: StackCache, children: ObjectCache): WorkQueue<StackKey> {
    const queue = createWorkQueue<StackKey>({
      name: 'ecommercestack',
      limiter: createBackoff(),
      clock: systemClock,
      metrics: this.#options.runtimeMetrics.queue,
    });
    stacks.onChange((key, change) => {
      if (!change.initial) {
        queue.add(key, { lane: 'user', trigger: 'watch:EcommerceStack' });
      }
    });
    children.onChange((key, change) => {
      if (change.initial) {
        return;
      }
      // What was taken away or edited is put back at once; a change of status can wait for its like.
      const isDrift = change.type === 'removed' || change.differs.includes('owned');
      const trigger = `watch:${change.ref.kind}`;
      if (isDrift) {
        queue.add(key, { trigger });
      } else {
        queue.addAfter(key, coalesceMs, { trigger });
      }
    });
    return queue;
  }

  #enginePorts(parts: {
    readonly stacks: StackCache;
    readonly children: ObjectCache;
    readonly events: EventRecorder<EventReason>;
    readonly queue: WorkQueue<StackKey>;
  }): EngineOptions {
    const { config, runtimeMetrics, version } = this.#options;
    return {
      kube: this.client,
      children: parts.children,
      stacks: parts.stacks,
      events: {
        emit: (regarding, { type, reason, message }) =>
          parts.events.record({ regarding, type, reason, action: 'Reconcile', note: message }),
      },
      metrics: createStackMetrics(runtimeMetrics.registry),
      components,
      installation: config.installation,
      operatorVersion: version,
      finalize: (object, finalizer, action) => this.#finalize(object, finalizer, action),
      wake: (key) => parts.queue.add(key, { trigger: 'step' }),
      now: () => new Date(),
    };
  }

  async #finalize(object: KubernetesObject, finalizer: string, action: () => Promise<void>): Promise<void> {
    await this.handleResourceFinalizer(toResourceEvent(kinds.EcommerceStack.plural, object), finalizer, action);
  }

  #controller(queue: WorkQueue<StackKey>, engine: Engine): Controller {
    const { config, runtimeMetrics } = this.#options;
    return createController<StackKey>({
      name: 'ecommercestack',
      queue,
      reconcile: (key, context) => this.#reconcile(engine, key, context),
      concurrency: config.concurrency,
      metrics: runtimeMetrics.controller,
      clock: systemClock,
      onPass: (report) => {
        logPass(this.log, report, this.#details.get(report.reconcileId));
        this.#details.delete(report.reconcileId);
      },
    });
  }

  async #reconcile(engine: Engine, key: StackKey, context: PassContext): Promise<Outcome> {
    const details: PassDetails = { counters: undefined };
    this.#details.set(context.reconcileId, details);
    const { requeueAfterMs, counters } = await engine.reconcile(key, context.signal);
    details.counters = counters;
    return requeueAfterMs === undefined ? { kind: 'success' } : { kind: 'requeueAfter', delayMs: requeueAfterMs };
  }
}

/** Every kind that any component creates or reads, once. */
function watchedKinds(): readonly Kind[] {
  return [...new Set([kinds.Secret, kinds.PersistentVolumeClaim, ...components.flatMap((one) => one.kinds)])];
}
