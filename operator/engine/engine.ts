import type { KubernetesObject, StackKey } from '../api/kubernetes.ts';
import { completeStack } from '../api/v1beta1/complete.ts';
import type { CompleteStack } from '../api/v1beta1/complete-stack.ts';
import type { EcommerceStack } from '../api/v1beta1/ecommerce-stack.ts';
import { type Violation, validateStack } from '../api/v1beta1/validate.ts';
import type { AnyComponent } from '../components/contract.ts';
import type { RootKubeClient } from '../kube/client.ts';
import { pauseMode } from '../objects/pause-mode.ts';
import { executeSteps } from './actions.ts';
import { announce } from './announce.ts';
import {
  type AppliedComponent,
  applyComponent,
  type ComponentResult,
  observeComponent,
  prepareComponent,
} from './component-pass.ts';
import { dataFinalizer, deleteData, endWorkloads, needsFinalizer } from './finalize.ts';
import { emptyMemory, rest, type StackMemory } from './memory.ts';
import { orderComponents } from './order.ts';
import type { Pass, PassCounters } from './pass.ts';
import { PassError } from './pass-error.ts';
import type { EnginePorts } from './ports.ts';
import { pruneObjects, selectPrunable, wantedKeys } from './prune.ts';
import { announceAdoption, reportViolations } from './report.ts';
import { SecretStore } from './secret-store.ts';
import { buildStatus } from './status.ts';
import { statusOf, writeStatus } from './status-writer.ts';
import { judge, type Verdict } from './verdict.ts';

/** How long a stack without work is left alone, milliseconds: 5 min ± 10 %, so that many do not wake together. */
const resyncMs = 300_000;
/** From this interval on the objects of a stack are packed between its passes, which costs about one millisecond. */
const restMs = 1_000;
/** How often a stack that is being deleted is looked at while its pods end, milliseconds. */
const endingPodsMs = 1000;

/** What one pass asks for and did. */
export interface PassOutcome {
  readonly requeueAfterMs: number | undefined;
  readonly counters: PassCounters;
}

/** The ports of the process; each pass works through its own view of the client. */
export type EngineOptions = Omit<EnginePorts, 'kube'> & { readonly kube: RootKubeClient };

/**
 * The loop: brings one stack from what it is to what its manifest says, one pass at a time. Level-based and safe to
 * kill anywhere: everything it needs it reads again from the caches. It knows no component by name.
 */
export class Engine {
  readonly #ports: EngineOptions;
  readonly #levels: readonly (readonly AnyComponent[])[];
  readonly #memories = new Map<StackKey, StackMemory>();

  constructor(ports: EngineOptions) {
    this.#ports = ports;
    this.#levels = orderComponents(ports.components);
  }

  /** One pass. Rejects with what failed, after everything that could be done has been done and reported. */
  async reconcile(key: StackKey, signal: AbortSignal): Promise<PassOutcome> {
    const counters: PassCounters = { applied: 0, repaired: 0, pruned: 0, steps: 0, statusWrites: 0 };
    const object = this.#ports.stacks.get(key);
    if (object === undefined || object.metadata.deletionTimestamp !== undefined) {
      return { requeueAfterMs: await this.#forget(key, object), counters };
    }
    const ports = { ...this.#ports, kube: this.#ports.kube.forPass({ key, signal }) };
    const memory = this.#memoryOf(key);
    const violations = findViolations(memory, object);
    if (violations.length > 0) {
      await reportViolations(ports, memory, object, violations);
      return { requeueAfterMs: jitter(resyncMs), counters };
    }
    // The object has just been validated against the schema that the type is made of.
    const stack = completeStack(object as EcommerceStack, ports.installation);
    const pass = startPass(key, object, stack, { ports, memory, counters, signal });
    announceAdoption(pass);
    if (needsFinalizer(object)) {
      await ports.finalize(object, dataFinalizer, () => deleteData(ports, object));
    }
    return this.#run(pass);
  }

  /**
   * A stack that is gone or going. Its children carry owner references; what its policy adds is the finalizer's work.
   * Returns when to look again while pods still end.
   */
  async #forget(key: StackKey, object: KubernetesObject | undefined): Promise<number | undefined> {
    if (object?.metadata.finalizers?.includes(dataFinalizer) === true) {
      if ((await endWorkloads(this.#ports, object)) > 0) {
        return endingPodsMs;
      }
      await this.#ports.finalize(object, dataFinalizer, () => deleteData(this.#ports, object));
    }
    this.#memories.delete(key);
    this.#ports.metrics.stackForgotten(key);
    return undefined;
  }

  async #run(pass: Pass): Promise<PassOutcome> {
    const results = await this.#runComponents(pass);
    await this.#prune(pass, results);
    const executed = await executeSteps(pass, results);
    const verdicts = judge(pass, results);
    const status = buildStatus(pass, results, verdicts);
    if (await writeStatus(pass.ports, pass.object, status)) {
      pass.counters.statusWrites += 1;
    }
    announce(pass, status, verdicts);
    const requeueAfterMs = requeueAfter(verdicts, executed.length > 0);
    const errors = [...results, ...executed].map(({ error }) => error).filter((error) => error !== undefined);
    if (errors.length > 0) {
      throw new PassError(errors, requeueAfterMs);
    }
    if (requeueAfterMs >= restMs && Object.values(pass.counters).every((count) => count === 0)) {
      pass.ports.children.rest(pass.stack.namespace, pass.stack.name);
      rest(pass.memory);
    }
    return { requeueAfterMs, counters: pass.counters };
  }

  /**
   * Objects of all components first, those of one level when the connections to those before it are there, then all
   * servers at once: what somebody deleted is back before the slowest server has answered.
   */
  async #runComponents(pass: Pass): Promise<readonly ComponentResult[]> {
    const levels = this.#levels.map((level) =>
      level
        .filter((component) => component.isEnabled(pass.stack))
        .map((component) => prepareComponent(pass, component)),
    );
    const applied: AppliedComponent[] = [];
    for (const level of levels) {
      applied.push(...(await Promise.all(level.map((component) => applyComponent(pass, component)))));
    }
    return Promise.all(applied.map((one) => observeComponent(pass, one)));
  }

  /** Nothing is pruned while a component could not say what it wants. */
  async #prune(pass: Pass, results: readonly ComponentResult[]): Promise<void> {
    const wanted = results.map((result) => result.wanted);
    if (pass.pause !== 'none' || wanted.includes('everything')) {
      return;
    }
    const keys = wantedKeys(wanted.flatMap((refs) => (refs === 'everything' ? [] : refs)));
    const children = pass.ports.children.listByStack(pass.stack.namespace, pass.stack.name);
    const prunable = selectPrunable(children, pass.stack.uid, keys);
    await pruneObjects(pass.ports, pass.memory, prunable);
    pass.counters.pruned += prunable.length;
    for (const { ref } of prunable) {
      const message = `${ref.kind} ${ref.name} was deleted: the manifest no longer asks for it.`;
      pass.ports.events.emit(pass.object, { type: 'Normal', reason: 'Pruned', message });
    }
  }

  #memoryOf(key: StackKey): StackMemory {
    const memory = this.#memories.get(key) ?? emptyMemory();
    this.#memories.set(key, memory);
    return memory;
  }
}

/** Checking takes as long as all the rest of a pass that finds nothing to do: a version that broke no rule is not checked again. */
function findViolations(memory: StackMemory, object: KubernetesObject): readonly Violation[] {
  const { resourceVersion } = object.metadata;
  if (resourceVersion !== undefined && memory.validVersion === resourceVersion) {
    return [];
  }
  const violations = validateStack(object);
  memory.validVersion = violations.length === 0 ? resourceVersion : undefined;
  return violations;
}

function startPass(
  key: StackKey,
  object: KubernetesObject,
  stack: CompleteStack,
  common: Pick<Pass, 'ports' | 'memory' | 'counters' | 'signal'>,
): Pass {
  const previous = statusOf(object);
  const isReady = previous.conditions?.some(({ type, status }) => type === 'Ready' && status === 'True') === true;
  return {
    ...common,
    key,
    object,
    stack,
    secrets: new SecretStore(common.ports, common.memory, { namespace: stack.namespace, isReady }),
    previous,
    pause: pauseMode(stack),
    credentials: new Map(),
  };
}

/** After a step the result is wanted soon; otherwise the soonest that any component asks for. */
function requeueAfter(verdicts: readonly Verdict[], hasActed: boolean): number {
  const asked = verdicts.flatMap(({ retryAfterMs }) => (retryAfterMs === undefined ? [] : [retryAfterMs]));
  return Math.min(hasActed ? 500 : resyncMs, ...asked, jitter(resyncMs));
}

function jitter(delayMs: number): number {
  return Math.round(delayMs * (0.9 + Math.random() * 0.2));
}
