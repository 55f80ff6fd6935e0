import type { Json, JsonObject, KubernetesObject } from '../api/kubernetes.ts';
import { isRecord, listOf, recordOf } from './json.ts';
import { fingerprint } from './owned-fields.ts';
import type { StringPool } from './strings.ts';

/** The few fields of an object that decisions need, by kind; an absent field stays absent. */
export function projectStatus(object: KubernetesObject, pool: StringPool): JsonObject {
  const project = projections[object.kind];
  return project === undefined
    ? {}
    : project({ spec: recordOf(object['spec']), status: recordOf(object['status']), object, pool });
}

interface Source {
  readonly spec: JsonObject;
  readonly status: JsonObject;
  readonly object: KubernetesObject;
  readonly pool: StringPool;
}

type Projection = (source: Source) => JsonObject;

const projections: Readonly<Record<string, Projection>> = {
  Deployment: projectWorkload,
  StatefulSet: projectWorkload,
  Pod: projectPod,
  Job: projectJob,
  PersistentVolumeClaim: ({ spec, status, pool }) => ({
    ...pick(status, ['phase'], pool),
    ...pick(spec, ['storageClassName'], pool),
    ...pickAs(recordOf(status['capacity']), 'storage', 'capacity'),
    ...pickAs(recordOf(recordOf(spec['resources'])['requests']), 'storage', 'requested'),
    ...projectConditions(status, pool),
  }),
  HorizontalPodAutoscaler: ({ spec, status, pool }) => ({
    ...pick(spec, ['minReplicas', 'maxReplicas'], pool),
    ...pick(status, ['currentReplicas', 'desiredReplicas'], pool),
    ...projectConditions(status, pool),
  }),
  PodDisruptionBudget: ({ status, pool }) =>
    pick(
      status,
      ['observedGeneration', 'currentHealthy', 'desiredHealthy', 'disruptionsAllowed', 'expectedPods'],
      pool,
    ),
  Service: ({ spec, pool }) => pick(spec, ['clusterIP', 'type'], pool),
  // A changed credential must wake its stack; the fingerprint is keyed, so it gives nothing of the value away.
  Secret: ({ object }) => ({ content: fingerprint(recordOf(object['data'])) }),
};

function projectWorkload({ spec, status, pool }: Source): JsonObject {
  return {
    ...pickAs(spec, 'replicas', 'specReplicas'),
    ...pick(status, workloadFields, pool),
    ...projectConditions(status, pool),
  };
}

const workloadFields = [
  'observedGeneration',
  'replicas',
  'readyReplicas',
  'updatedReplicas',
  'availableReplicas',
  'currentRevision',
  'updateRevision',
];

function projectPod({ spec, status, pool }: Source): JsonObject {
  const conditions = listOf(status['conditions']).filter(isRecord);
  return {
    ...pick(status, ['phase', 'podIP', 'startTime', 'reason'], pool),
    ...pick(spec, ['nodeName'], pool),
    ready: conditions.some(({ type, status: value }) => type === 'Ready' && value === 'True'),
    containers: [
      ...listOf(status['initContainerStatuses']).filter(isRecord).filter(isTroubled),
      ...listOf(status['containerStatuses']).filter(isRecord),
    ].map((container) => projectContainer(container, pool)),
    conditions: conditions
      .filter(({ type }) => type === 'PodScheduled' || type === 'Ready')
      .map((condition) => pick(condition, conditionFields, pool)),
  };
}

/** Finished init containers are of no interest; one that waits or fails explains why the pod does not start. */
function isTroubled(container: JsonObject): boolean {
  const state = recordOf(container['state']);
  return isRecord(state['waiting']) || (isRecord(state['terminated']) && state['terminated']['exitCode'] !== 0);
}

function projectContainer(container: JsonObject, pool: StringPool): JsonObject {
  const state = recordOf(container['state']);
  const waiting = recordOf(state['waiting']);
  const terminated = isRecord(state['terminated'])
    ? state['terminated']
    : recordOf(recordOf(container['lastState'])['terminated']);
  return {
    ...pick(container, ['name', 'image', 'ready', 'restartCount'], pool),
    ...pickAs(waiting, 'reason', 'waitingReason'),
    ...pickAs(waiting, 'message', 'waitingMessage'),
    ...pickAs(terminated, 'reason', 'terminatedReason'),
    ...pickAs(terminated, 'exitCode', 'exitCode'),
  };
}

function projectJob({ status, pool }: Source): JsonObject {
  const conditions = listOf(status['conditions']).filter(isRecord);
  const failure = conditions.find(({ type, status: value }) => type === 'Failed' && value === 'True');
  return {
    ...pick(status, ['active', 'succeeded', 'failed'], pool),
    complete: conditions.some(({ type, status: value }) => type === 'Complete' && value === 'True'),
    ...(failure === undefined
      ? {}
      : { failedReason: failure['reason'] ?? 'Failed', ...pickAs(failure, 'message', 'failedMessage') }),
  };
}

const conditionFields = ['type', 'status', 'reason', 'message'];

function projectConditions(status: JsonObject, pool: StringPool): JsonObject {
  const conditions = listOf(status['conditions']).filter(isRecord);
  return conditions.length === 0
    ? {}
    : { conditions: conditions.map((condition) => pick(condition, conditionFields, pool)) };
}

function pick(record: JsonObject, names: readonly string[], pool: StringPool): JsonObject {
  const found: Record<string, Json> = {};
  for (const name of names) {
    const value = record[name];
    if (value !== undefined) {
      found[name] = typeof value === 'string' ? pool.share(value) : value;
    }
  }
  return found;
}

function pickAs(record: JsonObject, name: string, as: string): JsonObject {
  const value = record[name];
  return value === undefined ? {} : { [as]: value };
}
