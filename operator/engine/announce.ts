import type { EcommerceStackStatus } from '../api/v1beta1/ecommerce-stack.ts';
import type { Pass } from './pass.ts';
import type { Verdict } from './verdict.ts';

/** Events for what changed with this status, and the metrics of the stack. */
export function announce(pass: Pass, status: EcommerceStackStatus, verdicts: readonly Verdict[]): void {
  announceReady(pass, status);
  announceStalled(pass, status);
  for (const verdict of verdicts) {
    announceComponent(pass, verdict);
  }
  pass.ports.metrics.stackObserved(pass.key, {
    isReady: conditionOf(status, 'Ready')?.status === 'True',
    components: verdicts.map(({ name, state }) => ({ name, isReady: state === 'Ready' })),
    conditions: (status.conditions ?? []).map(({ type, status: value }) => ({ type, status: value })),
  });
}

function announceReady(pass: Pass, status: EcommerceStackStatus): void {
  const before = conditionOf(pass.previous, 'Ready')?.status;
  const now = conditionOf(status, 'Ready');
  if (now === undefined || before === now.status) {
    return;
  }
  if (now.status === 'True') {
    emit(pass, 'Normal', 'Ready', now.message);
  } else if (before === 'True') {
    emit(pass, 'Warning', 'NotReady', now.message);
  }
}

function announceStalled(pass: Pass, status: EcommerceStackStatus): void {
  const now = conditionOf(status, 'Stalled');
  if (now !== undefined && conditionOf(pass.previous, 'Stalled')?.message !== now.message) {
    emit(pass, 'Warning', 'Stalled', now.message);
  }
}

function announceComponent(pass: Pass, verdict: Verdict): void {
  const before = pass.previous.components?.find(({ name }) => name === verdict.name);
  const { announcedFailures } = pass.memory;
  if (verdict.state === 'Failed' && announcedFailures.get(verdict.name) !== verdict.reason) {
    announcedFailures.set(verdict.name, verdict.reason);
    emit(pass, 'Warning', 'ComponentFailed', `${verdict.name}: ${verdict.message}`);
  }
  if (verdict.state === 'Ready') {
    const hasRecovered = announcedFailures.delete(verdict.name);
    if (hasRecovered || before?.initialized !== true) {
      emit(pass, 'Normal', 'ComponentReady', `${verdict.name}: ${verdict.message}`);
    }
  }
}

function conditionOf(status: EcommerceStackStatus, type: string) {
  return status.conditions?.find((condition) => condition.type === type);
}

type Announcement = 'Ready' | 'NotReady' | 'Stalled' | 'ComponentFailed' | 'ComponentReady';

function emit(pass: Pass, type: 'Normal' | 'Warning', reason: Announcement, message: string): void {
  pass.ports.events.emit(pass.object, { type, reason, message });
}
