import type { AuditEvent } from '../../lab/control-plane/audit.ts';
import { waitFor } from '../../lab/control-plane/wait.ts';
import type { OperatorProcess } from './operator-process.ts';
import { isCall, type OperatorRig } from './operator-rig.ts';

/** A child of a stack, by the resource's name in URLs. */
export interface Child {
  readonly namespace: string;
  readonly resource: string;
  readonly name: string;
}

/** How damage was repaired. */
export interface Repair {
  /** From the API server's answer to the damage to its answer to the repair, by its own clock: to report, not to judge. */
  readonly ms: number;
  /** The operator's writes to the child that the API server took; it refuses the first where somebody else owns the field. */
  readonly writes: number;
  /** Log lines of the passes after the damage, up to the one that repaired; one may have been under way already. */
  readonly passes: readonly Readonly<Record<string, unknown>>[];
}

/** Does damage to one child, and tells how the operator repaired it. */
export async function measureRepair(
  rig: OperatorRig,
  operator: OperatorProcess,
  child: Child,
  damage: () => Promise<unknown>,
): Promise<Repair> {
  const audit = rig.server.followAudit();
  await audit.next();
  const { length: linesBefore } = operator.logs;
  await damage();
  const events: AuditEvent[] = [];
  const writes = () => events.filter((event) => isWriteTo(event, child));
  const repairs = () => writes().filter((event) => isCall(event, child.namespace));
  const look = async () => {
    events.push(...(await audit.next()));
    return repairs().length > 0;
  };
  await waitFor(`${child.resource} ${child.name} is repaired`, look, { timeoutMs: 30_000, intervalMs: 5 });
  await rig.quiet(child.namespace);
  events.push(...(await audit.next()));
  const [first, repair] = [writes()[0], repairs()[0]];
  // A pass that ended before the damage was done has nothing to do with it.
  const passes = operator.logs
    .slice(linesBefore)
    .filter(({ msg, ts }) => /^pass (done|failed)$/.test(String(msg)) && Date.parse(String(ts)) > endOf(first));
  return {
    ms: endOf(repair) - endOf(first),
    writes: repairs().length,
    passes: passes.slice(0, passes.findIndex(({ repaired }) => Number(repaired) > 0) + 1),
  };
}

function isWriteTo(
  { verb, objectRef, stage, responseStatus }: AuditEvent,
  { namespace, resource, name }: Child,
): boolean {
  return (
    ['create', 'patch', 'update', 'delete'].includes(verb) &&
    stage === 'ResponseComplete' &&
    (responseStatus?.code ?? 0) < 300 &&
    objectRef?.resource === resource &&
    objectRef.namespace === namespace &&
    objectRef.name === name
  );
}

function endOf(event: AuditEvent | undefined): number {
  return Date.parse(event?.stageTimestamp ?? '');
}
