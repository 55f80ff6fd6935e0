import type { StackKey } from '../api/kubernetes.ts';
import type { EventReason } from '../api/v1beta1/conditions.ts';
import type { EcommerceStackStatus, OperationStatus } from '../api/v1beta1/ecommerce-stack.ts';
import type { Pass } from './pass.ts';
import type { EnginePorts } from './ports.ts';
import type { Verdict } from './verdict.ts';

/** Events for what changed with this status, and the metrics of the stack. */
export function announce(pass: Pass, status: EcommerceStackStatus, verdicts: readonly Verdict[]): void {
  announceReady(pass, status);
  announceStalled(pass, status);
  announcePause(pass);
  announceOperations(pass, status);
  for (const verdict of verdicts) {
    announceComponent(pass, verdict);
  }
  observeStack(pass.ports, pass.key, status);
}

/** Metrics of what the status says; parts that nobody builds have none. */
export function observeStack(ports: EnginePorts, key: StackKey, status: EcommerceStackStatus): void {
  const built = (status.components ?? []).filter(({ state }) => state !== 'NotImplemented');
  ports.metrics.stackObserved(key, {
    isReady: conditionOf(status, 'Ready')?.status === 'True',
    components: built.map(({ name, state }) => ({ name, isReady: state === 'Ready' })),
    conditions: (status.conditions ?? []).map(({ type, status: value }) => ({ type, status: value })),
  });
}

function announcePause(pass: Pass): void {
  const wasPaused = conditionOf(pass.previous, 'Paused') !== undefined;
  const isPaused = pass.pause !== 'none';
  if (isPaused && !wasPaused) {
    emit(pass, 'Normal', 'Paused', `The annotation ecommerce.stack/pause is ${pass.pause}.`);
  } else if (wasPaused && !isPaused) {
    emit(pass, 'Normal', 'Resumed', 'The annotation ecommerce.stack/pause is gone; changes are made again.');
  }
}

/** Beginning, end and obstacle of each operation; its steps are told when they are taken. */
function announceOperations(pass: Pass, status: EcommerceStackStatus): void {
  const before = pass.previous.operations ?? [];
  const now = status.operations ?? [];
  const same = (one: OperationStatus) => (other: OperationStatus) =>
    one.component === other.component && one.kind === other.kind;
  for (const operation of now) {
    const { component, kind, blockedBy, message = '' } = operation;
    const known = before.find(same(operation));
    if (known === undefined) {
      emit(pass, 'Normal', 'OperationStarted', `${component}: ${kind}: ${message}`);
    }
    if (blockedBy !== undefined && known?.blockedBy !== blockedBy) {
      emit(pass, 'Normal', 'OperationBlocked', `${component}: ${kind} waits for ${blockedBy}: ${message}`);
    }
  }
  for (const { component, kind } of before.filter((one) => !now.some(same(one)))) {
    emit(pass, 'Normal', 'OperationFinished', `${component}: ${kind} is done.`);
  }
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

function emit(pass: Pass, type: 'Normal' | 'Warning', reason: EventReason, message: string): void {
  pass.ports.events.emit(pass.object, { type, reason, message });
}
