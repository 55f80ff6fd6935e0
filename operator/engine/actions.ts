import { setTimeout as delay } from 'node:timers/promises';
import { refKey } from '../api/kubernetes.ts';
import type { ActionPorts, PlannedAction, Step } from '../components/contract.ts';
import type { KubeClient } from '../kube/kube-client.ts';
import { deadline } from '../runtime/deadline.ts';
import type { ComponentResult } from './component-pass.ts';
import type { Pass } from './pass.ts';
import { refusalOf, rememberRefusal } from './refusals.ts';

/** A step that this pass executed, or failed to. */
export interface ExecutedStep {
  readonly component: string;
  readonly error: unknown;
}

/**
 * How long a pass waits for its steps, milliseconds. A longer one (a switchover, slots that move) goes on beside the
 * following passes, so that a child that somebody deletes meanwhile is put back at once.
 */
const patienceMs = 500;
/** No step takes longer; it is planned anew from what it left. */
const stepTimeoutMs = 120_000;

/**
 * Executes what the components planned: steps that take nothing away together, and at most one that does, in the order
 * of the registry. A component acts only when what it depends on is ready and its last step has ended.
 */
export async function executeSteps(pass: Pass, results: readonly ComponentResult[]): Promise<readonly ExecutedStep[]> {
  const failed = pass.memory.failedSteps.splice(0);
  if (pass.pause === 'all') {
    return failed;
  }
  const { runningSteps } = pass.memory;
  const isDisrupting = [...runningSteps.values()].some(({ disruptive }) => disruptive);
  const planned = results
    .filter(({ component, observation }) => refusalOf(pass, component.name, observation.plan) === undefined)
    .flatMap((result) => stepOf(result, results))
    .filter((one) => !runningSteps.has(one.component));
  const harmless = planned.filter(({ step }) => !step.disruptive);
  const disruptive = mayDisrupt(pass) && !isDisrupting ? planned.filter(({ step }) => step.disruptive).slice(0, 1) : [];
  const executed = await Promise.all([...harmless, ...disruptive].map((one) => begin(pass, one)));
  return [...failed, ...executed];
}

/** Resolves when the step has ended, or when it takes longer than a pass should. */
async function begin(pass: Pass, planned: PlannedStep): Promise<ExecutedStep> {
  const { component, step } = planned;
  const { runningSteps, failedSteps } = pass.memory;
  runningSteps.set(component, { disruptive: step.disruptive });
  const impatience = new AbortController();
  const ended = execute(pass, planned).finally(() => runningSteps.delete(component));
  const first = await Promise.race([
    ended,
    delay(patienceMs, undefined, { signal: impatience.signal }).catch(() => undefined),
  ]);
  impatience.abort();
  if (first !== undefined) {
    return first;
  }
  void ended.then((executed) => {
    if (executed.error !== undefined) {
      failedSteps.push(executed);
    }
    pass.ports.wake(pass.key);
  });
  return { component, error: undefined };
}

interface PlannedStep {
  readonly component: string;
  readonly planned: PlannedAction;
  readonly step: Step;
}

function stepOf(result: ComponentResult, results: readonly ComponentResult[]): readonly PlannedStep[] {
  const { plan } = result.observation;
  const isFree = result.component.dependsOn.every((name) =>
    results.some((other) => other.component.name === name && other.observation.readiness.state === 'ready'),
  );
  return plan?.plan.kind === 'step' && isFree
    ? [{ component: result.component.name, planned: plan, step: plan.plan.step }]
    : [];
}

/** Not while paused, and not before the caches have seen what we deleted last. */
function mayDisrupt(pass: Pass): boolean {
  for (const [key, uid] of pass.memory.deletions) {
    const stillShown = pass.ports.children
      .listByStack(pass.stack.namespace, pass.stack.name)
      .some((live) => live.uid === uid && !live.deleting);
    if (!stillShown) {
      pass.memory.deletions.delete(key);
    }
  }
  return pass.pause === 'none' && pass.memory.deletions.size === 0;
}

async function execute(pass: Pass, { component, planned, step }: PlannedStep): Promise<ExecutedStep> {
  const message = `${component}: ${step.message}`;
  // Outlives the pass, not the process: the time-out of a pass is lifted when the pass has ended.
  using limit = deadline(pass.signal, stepTimeoutMs);
  try {
    await planned.execute(step, portsOf(pass, limit.signal));
    pass.counters.steps += 1;
    pass.ports.events.emit(pass.object, { type: 'Normal', reason: 'OperationStep', message });
    return { component, error: undefined };
  } catch (error) {
    rememberRefusal(pass, component, step, error);
    return { component, error };
  }
}

function portsOf(pass: Pass, signal: AbortSignal): ActionPorts {
  return {
    kube: rememberingDeletions(pass),
    stack: pass.stack,
    secret: (name) => pass.memory.secrets.get(name)?.values,
    signal,
  };
}

function rememberingDeletions(pass: Pass): KubeClient {
  const { kube } = pass.ports;
  return {
    get: (ref) => kube.get(ref),
    apply: (object, options) => kube.apply(object, options),
    create: (object) => kube.create(object),
    patch: (ref, body, options) => kube.patch(ref, body, options),
    list: (kind, options) => kube.list(kind, options),
    async remove(ref, options) {
      await kube.remove(ref, options);
      // What we take away ourselves and apply again is created, not repaired.
      pass.memory.expected.delete(refKey(ref));
      if (options.uid !== undefined) {
        pass.memory.deletions.set(refKey(ref), options.uid);
      }
    },
  };
}
