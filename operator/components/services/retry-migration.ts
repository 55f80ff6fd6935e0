import { jobStatus } from '../../objects/live-status.ts';
import type { Action, ActionPorts, Plan, Step } from '../contract.ts';
import type { ObservedService } from './gather.ts';

/** Why the Job controller ended a Job that took longer than its `activeDeadlineSeconds`. */
export const outOfTime = 'DeadlineExceeded';

/**
 * Begins a migration anew that ran out of time: its image came slowly, or the database was not there for long. One
 * that failed by itself is left to a person.
 */
export const retryMigration: Action<ObservedService> = {
  name: 'RetryMigration',
  plan: planRetry,
  execute: removeJob,
};

function planRetry({ migration }: ObservedService): Plan {
  if (migration === undefined || jobStatus(migration).failedReason !== outOfTime) {
    return { kind: 'none' };
  }
  const { name } = migration.ref;
  return {
    kind: 'step',
    step: {
      name: 'BeginAnew',
      message: `Delete Job ${name}, which ran out of time, so that it is made again.`,
      target: name,
      disruptive: false,
      details: { name, uid: migration.uid },
    },
  };
}

async function removeJob({ details }: Step, { kube, stack }: ActionPorts): Promise<void> {
  const ref = { apiVersion: 'batch/v1', kind: 'Job', namespace: stack.namespace, name: String(details['name']) };
  await kube.remove(ref, { uid: String(details['uid']), propagation: 'Background' });
}
