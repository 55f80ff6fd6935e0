import { effectiveOf } from '../api/v1beta1/complete.ts';
import type { Phase } from '../api/v1beta1/conditions.ts';
import type { ComponentStatus, EcommerceStackStatus } from '../api/v1beta1/ecommerce-stack.ts';
import { type UnimplementedPart, unimplementedParts } from '../api/v1beta1/parts.ts';
import { annotations } from '../objects/names.ts';
import type { ComponentResult } from './component-pass.ts';
import { buildDrafts, type Findings, summaryOf } from './condition-drafts.ts';
import { timestamp, toConditions } from './conditions.ts';
import { dropUndefined } from './drop-undefined.ts';
import { buildOperations, overdueOperations } from './operations.ts';
import type { Pass } from './pass.ts';
import type { Verdict } from './verdict.ts';

/** The status that this pass found: pure, and equal to the last one when nothing changed. */
export function buildStatus(
  pass: Pass,
  results: readonly ComponentResult[],
  verdicts: readonly Verdict[],
): EcommerceStackStatus {
  const operations = buildOperations(pass, results);
  const missing = unimplementedParts(
    pass.stack,
    pass.ports.components.map(({ name }) => name),
  );
  const overdue = overdueOperations(operations, pass.ports.now());
  const isReady = verdicts.every(({ state }) => state === 'Ready');
  const isStalled = overdue.length > 0 || verdicts.some(({ isTerminal }) => isTerminal);
  const findings: Findings = { verdicts, operations, overdue, missing, isReady, isStalled };
  return dropUndefined({
    observedGeneration: pass.stack.generation,
    phase: phaseOf(pass, findings),
    message: summaryOf(findings),
    version: isReady ? pass.stack.version : pass.previous.version,
    services: countServices(verdicts, missing),
    conditions: toConditions(buildDrafts(pass, findings), pass.previous.conditions ?? [], {
      generation: pass.stack.generation,
      now: timestamp(pass.ports),
    }),
    components: [
      ...results.map((result, index) => componentStatus(pass, result, verdicts[index])),
      ...missing.map(({ name, message }) => ({
        name,
        state: 'NotImplemented' as const,
        reason: 'NotImplemented',
        message,
      })),
    ],
    operations: unlessEmpty(operations),
    endpoints: collect(results, 'endpoint'),
    guarantees: collect(results, 'guarantee'),
    warnings: unlessEmpty(
      results.flatMap(({ observation }) => (observation.report.warnings ?? []).map(({ message }) => message)),
    ),
    effective: effectiveOf(pass.stack),
    acknowledged: acknowledgedOf(pass, isReady && operations.length === 0),
    operatorVersion: pass.ports.operatorVersion,
  });
}

function componentStatus(pass: Pass, result: ComponentResult, verdict: Verdict | undefined): ComponentStatus {
  const { name } = result.component;
  const before = pass.previous.components?.find((one) => one.name === name);
  const { report } = result.observation;
  return dropUndefined({
    name,
    state: verdict?.state ?? 'Progressing',
    reason: verdict?.reason,
    message: verdict?.message.slice(0, 1024),
    version: report.version ?? before?.version,
    identity: before?.identity ?? report.identity,
    initialized: verdict?.state === 'Ready' || before?.initialized === true ? true : undefined,
  });
}

/** `ready/enabled`, counting also the enabled services that this operator version cannot build. */
function countServices(verdicts: readonly Verdict[], missing: readonly UnimplementedPart[]): string {
  const services = verdicts.filter(({ conditionType }) => conditionType === 'ServicesReady');
  const unbuilt = missing.filter(({ conditionType }) => conditionType === 'ServicesReady');
  return `${services.filter(({ state }) => state === 'Ready').length}/${services.length + unbuilt.length}`;
}

function phaseOf(pass: Pass, { verdicts, operations, isReady, isStalled }: Findings): Phase {
  const wasReady = pass.previous.version !== undefined;
  if (pass.pause === 'all') {
    return 'Paused';
  }
  if (isStalled) {
    return 'Stalled';
  }
  if (isReady) {
    return operations.length === 0 ? 'Ready' : 'Updating';
  }
  if (!wasReady) {
    return 'Creating';
  }
  const isChanging =
    operations.length > 0 ||
    pass.previous.observedGeneration !== pass.stack.generation ||
    pass.previous.phase === 'Updating';
  return isChanging && verdicts.every(({ state }) => state !== 'Failed') ? 'Updating' : 'Degraded';
}

function collect(
  results: readonly ComponentResult[],
  field: 'endpoint' | 'guarantee',
): Readonly<Record<string, string>> | undefined {
  const entries = results.flatMap(({ component, observation }) => {
    const value = observation.report[field];
    return value === undefined ? [] : [[component.name, value] as const];
  });
  return entries.length === 0 ? undefined : Object.fromEntries(entries);
}

/**
 * A restart was carried out once every part is ready with the token in its template, and none has pods left to restart: a
 * store that waits for its turn is ready all the while.
 */
function acknowledgedOf(pass: Pass, isDone: boolean): Readonly<Record<string, string>> | undefined {
  const token = pass.stack.annotations[annotations.restart];
  const before = pass.previous.acknowledged;
  return token === undefined || !isDone ? before : { ...before, restart: token };
}

/** A list with nothing in it is left out: it would only be noise in `kubectl describe`. */
function unlessEmpty<Item>(list: readonly Item[]): readonly Item[] | undefined {
  return list.length === 0 ? undefined : list;
}
