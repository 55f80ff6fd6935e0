import type { PassCounters } from './engine/pass.ts';
import type { KubeLogger } from './kube/ports.ts';
import type { PassReport } from './runtime/controller.ts';

/** What the engine did in a pass; absent when it failed before it was done. */
export interface PassDetails {
  counters: PassCounters | undefined;
}

/** The one line of a pass: `info` when something was written or failed, `debug` for a pass that changed nothing. */
export function logPass(logger: KubeLogger, report: PassReport<string>, details: PassDetails | undefined): void {
  const [namespace, name] = report.key.split('/');
  const fields = {
    controller: report.controller,
    namespace,
    name,
    reconcileID: report.reconcileId,
    trigger: report.trigger,
    result: report.result,
    durationMs: Math.round(report.durationMs),
    waitedMs: Math.round(report.waitedMs),
    retryInMs: report.retryInMs,
    ...details?.counters,
  };
  if (report.error !== undefined) {
    logger.error({ ...fields, failures: report.failures, timedOut: report.timedOut, err: report.error }, 'pass failed');
  } else if (hasWritten(details)) {
    logger.info(fields, 'pass done');
  } else {
    logger.debug(fields, 'pass done');
  }
}

function hasWritten(details: PassDetails | undefined): boolean {
  return Object.values(details?.counters ?? {}).some((count) => count > 0);
}
