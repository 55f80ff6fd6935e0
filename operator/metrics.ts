import { Counter, Gauge, type Registry } from 'prom-client';
import type { StackKey } from './api/kubernetes.ts';
import type { EngineMetrics, StackSummary } from './engine/ports.ts';
import { StringPool } from './kube/strings.ts';

/** The metrics of stacks and components; the engine reports, Prometheus reads. */
export function createStackMetrics(registry: Registry): EngineMetrics {
  const registers = [registry];
  const drift = new Counter({
    name: 'ecommerce_drift_corrections_total',
    help: 'Objects put back after somebody else edited or deleted them, by kind.',
    labelNames: ['kind'],
    registers,
  });
  const summaries = new Summaries();
  const gauge = (
    { name, help, labels }: { readonly name: string; readonly help: string; readonly labels: readonly string[] },
    seriesOf: (summary: StackSummary) => readonly Series[],
  ) => {
    // It is registered by that.
    new TransientGauge({
      name,
      help,
      labelNames: ['namespace', 'stack', ...labels],
      registers,
      collect() {
        for (const [stack, summary] of summaries.all()) {
          for (const [own, value] of seriesOf(summary)) {
            this.set({ ...stack, ...own }, value);
          }
        }
      },
    });
  };
  gauge(
    { name: 'ecommerce_stack_ready', help: '1 while every enabled part of the stack is ready, else 0.', labels: [] },
    ({ isReady }) => [[{}, Number(isReady)]],
  );
  gauge(
    {
      name: 'ecommerce_component_ready',
      help: '1 while the component is ready, else 0.',
      labels: ['component'],
    },
    ({ components }) => components.map(({ name, isReady }) => [{ component: name }, Number(isReady)]),
  );
  gauge(
    {
      name: 'ecommerce_stack_condition',
      help: '1 for the status that each condition of the stack has now.',
      labels: ['type', 'status'],
    },
    ({ conditions }) => conditions.map(({ type, status }) => [{ type, status }, 1]),
  );
  return {
    driftCorrected: (kind) => drift.inc({ kind }),
    stackObserved: (key, summary) => summaries.set(key, summary),
    stackForgotten: (key) => summaries.delete(key),
  };
}

type Series = readonly [labels: Readonly<Record<string, string>>, value: number];

interface StackLabels {
  readonly namespace: string;
  readonly stack: string;
}

/** What was last seen of each stack. As text, because most stacks are like most others: they share it. */
class Summaries {
  readonly #texts = new Map<StackKey, string>();
  readonly #pool = new StringPool();

  set(key: StackKey, { isReady, components, conditions }: StackSummary): void {
    const summary: StackSummary = {
      isReady,
      components: components.map(({ name, isReady: isComponentReady }) => ({ name, isReady: isComponentReady })),
      conditions: conditions.map(({ type, status }) => ({ type, status })),
    };
    this.#texts.set(key, this.#pool.share(JSON.stringify(summary)));
  }

  delete(key: StackKey): void {
    this.#texts.delete(key);
  }

  *all(): Iterable<readonly [StackLabels, StackSummary]> {
    for (const [key, text] of this.#texts) {
      const [namespace = '', stack = ''] = key.split('/');
      yield [{ namespace, stack }, JSON.parse(text) as StackSummary]; // written above
    }
  }
}

/** Its series exist while they are read: kept, those of a stack would take more than all else that is remembered of it. */
class TransientGauge extends Gauge<string> {
  override async get() {
    const values = await super.get();
    this.reset();
    return values;
  }
}
