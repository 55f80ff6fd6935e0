/** What a service lets in, and what its metrics say about it. */
import { Counter, Gauge } from 'prom-client';
import type { Metrics } from '../metrics.ts';
import { type Admission, type AdmissionRules, createAdmission } from './admission.ts';
import { watchLoop } from './loop-watch.ts';

/** All admissions of a process: they share its event loop and its metrics. */
export interface Admissions {
  /** One for each thing that has limits of its own; the name is a label. */
  open(name: string, rules: AdmissionRules): Admission;
  stop(): void;
}

/** `loopDelayMs`: see `LoopRules`. */
export function openAdmissions(loopDelayMs: number, metrics: Metrics): Admissions {
  const loop = watchLoop({ delayMs: loopDelayMs });
  const open = new Map<string, Admission>();
  const registers = [metrics.registry];
  const shed = new Counter({
    name: 'http_requests_shed_total',
    help: 'Requests refused because there was too much to do: too many waited (full), one waited too long (waited), or the process was slow (event-loop).',
    labelNames: ['admission', 'criticality', 'reason'],
    registers,
  });
  new Gauge({
    name: 'http_admission_requests',
    help: 'Requests that run, and those that wait for their turn.',
    labelNames: ['admission', 'state'],
    registers,
    collect() {
      for (const [admission, { counts }] of open) {
        const { running, waiting } = counts();
        this.set({ admission, state: 'running' }, running);
        this.set({ admission, state: 'waiting' }, waiting);
      }
    },
  });
  return {
    open: (name, rules) => {
      const admission = createAdmission(rules, {
        onShed: (criticality, reason) => shed.inc({ admission: name, criticality, reason }),
        isRefused: loop.isRefused,
      });
      open.set(name, admission);
      return admission;
    },
    stop: () => loop.stop(),
  };
}
