import type { StackKey } from '../../operator/api/kubernetes.ts';
import { atMost, exactly, type Gate } from '../harness/report.ts';
import { type Admin, openAdmin } from '../rig/admin.ts';
import { type EngineRig, startEngine } from '../rig/engine-rig.ts';
import { stackIn } from '../rig/manifests.ts';
import { RequestLog } from '../rig/requests.ts';
import type { BenchServer } from '../rig/server.ts';
import type { Course } from './course.ts';

const user = 'bench-engine';

/** What was counted, and the requests behind a number that is not as wanted. */
export interface Counted {
  readonly gates: readonly Gate[];
  readonly notes: readonly string[];
}

/** Counts what the engine asks of the server, by the server's own audit log. */
export async function countCourse(server: BenchServer, course: Course): Promise<Counted> {
  const namespace = 'counts';
  await using admin = await openAdmin(server.kubeconfigPath);
  await admin.createNamespace(namespace);
  const kubeconfig = await server.createKubeconfig({ name: user, groups: ['system:masters'] });
  const log = new RequestLog(server, user);
  const options = { kubeconfig, namespace, components: course.components };
  const gates: Gate[] = [];
  {
    await using rig = await startEngine(options);
    const { key } = await rig.post(stackIn(course.stack, namespace));
    await rig.settle(key);
    const held = await admin.countObjects(namespace);
    gates.push(
      exactly('objects in the server after the first apply', held, course.children.length + course.credentials.length),
    );
    await log.mark();
    await rig.reconcile(key);
    gates.push(...(await unchangedGates(log, 'second pass')));
    gates.push(...(await changeOneField({ rig, admin, log, key })));
  }
  {
    await using rig = await startEngine(options);
    await log.mark();
    await rig.reconcile(`${namespace}/shop`);
    const { childWrites, statusWrites, otherWrites } = await log.counts();
    gates.push(exactly('first pass of a restarted operator: writes', childWrites + statusWrites + otherWrites, 0));
  }
  return { gates, notes: gates.some(({ isKept }) => !isKept) ? [`last requests: ${await log.describe()}`] : [] };
}

async function unchangedGates(log: RequestLog, what: string): Promise<readonly Gate[]> {
  const { childWrites, statusWrites, otherWrites, reads } = await log.counts();
  return [exactly(`${what}: writes`, childWrites + statusWrites + otherWrites, 0), exactly(`${what}: reads`, reads, 0)];
}

async function changeOneField(parts: {
  readonly rig: EngineRig;
  readonly admin: Admin;
  readonly log: RequestLog;
  readonly key: StackKey;
}): Promise<readonly Gate[]> {
  const { rig, admin, log, key } = parts;
  const [namespace = '', name = ''] = key.split('/');
  const changed = rig.nextChange(key);
  const ref = { apiVersion: 'ecommerce.stack/v1beta1', kind: 'EcommerceStack', namespace, name };
  await admin.patch(ref, { spec: { services: { gateway: { env: { APP_LOG_LEVEL: 'debug' } } } } });
  await changed;
  await log.mark();
  await rig.settle(key);
  const { childWrites, statusWrites, reads } = await log.counts();
  return [
    exactly('one changed field: child writes', childWrites, 1),
    atMost('one changed field: status writes', statusWrites, 2),
    exactly('one changed field: reads', reads, 0),
  ];
}
