import { Counter, Gauge, type Registry } from 'prom-client';
import type { EngineMetrics, StackSummary } from './engine/ports.ts';

/** The metrics of stacks and components; the engine reports, Prometheus reads. */
export function createStackMetrics(registry: Registry): EngineMetrics {
  const registers = [registry];
  const stack = ['namespace', 'stack'] as const;
  const drift = new Counter({
    name: 'ecommerce_drift_corrections_total',
    help: 'Objects put back after somebody else edited or deleted them, by kind.',
    labelNames: ['kind'],
    registers,
  });
  const ready = new Gauge({
    name: 'ecommerce_stack_ready',
    help: '1 while every enabled part of the stack is ready, else 0.',
    labelNames: stack,
    registers,
  });
  const component = new Gauge({
    name: 'ecommerce_component_ready',
    help: '1 while the component is ready, else 0.',
    labelNames: [...stack, 'component'] as const,
    registers,
  });
  const condition = new Gauge({
    name: 'ecommerce_stack_condition',
    help: '1 for the status that each condition of the stack has now.',
    labelNames: [...stack, 'type', 'status'] as const,
    registers,
  });
  const forget = (labels: { namespace: string; stack: string }) => {
    ready.remove(labels);
    removeSeries(component, labels);
    removeSeries(condition, labels);
  };
  return {
    driftCorrected: (kind) => drift.inc({ kind }),
    stackObserved(key, summary) {
      const labels = labelsOf(key);
      removeSeries(condition, labels);
      observe({ ready, component, condition }, labels, summary);
    },
    stackForgotten: (key) => forget(labelsOf(key)),
  };
}

interface StackGauges {
  readonly ready: Gauge<'namespace' | 'stack'>;
  readonly component: Gauge<'namespace' | 'stack' | 'component'>;
  readonly condition: Gauge<'namespace' | 'stack' | 'type' | 'status'>;
}

type StackLabels = { readonly namespace: string; readonly stack: string };

function observe(gauges: StackGauges, labels: StackLabels, summary: StackSummary): void {
  gauges.ready.set(labels, Number(summary.isReady));
  for (const { name, isReady } of summary.components) {
    gauges.component.set({ ...labels, component: name }, Number(isReady));
  }
  for (const { type, status } of summary.conditions) {
    gauges.condition.set({ ...labels, type, status }, 1);
  }
}

function labelsOf(key: string): StackLabels {
  const [namespace = '', stack = ''] = key.split('/');
  return { namespace, stack };
}

/** Series of one stack leave when it does; a gauge that stays would alert for ever. */
function removeSeries(gauge: Gauge<string>, labels: StackLabels): void {
  // prom-client keeps its series in `hashMap` and offers no other way to go through them.
  const { hashMap } = gauge as unknown as { hashMap: Record<string, { labels: Record<string, string> }> };
  for (const { labels: series } of Object.values(hashMap)) {
    if (series['namespace'] === labels.namespace && series['stack'] === labels.stack) {
      gauge.remove(series);
    }
  }
}
