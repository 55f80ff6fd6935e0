import type { Json, JsonObject, KubernetesObject } from '../api/kubernetes.ts';
import { isRecord, listOf, recordOf } from './json.ts';
import { fingerprint } from './owned-fields.ts';

/** The few fields of an object that decisions need, by kind; an absent field stays absent. */
export function projectStatus(object: KubernetesObject): JsonObject {
  const project = projections[object.kind];
  return project === undefined
    ? {}
    : project({ spec: recordOf(object['spec']), status: recordOf(object['status']), object });
}

/** Whether many objects of this kind have the very same projection, so that sharing its text pays. */
export function isRepetitive(kind: string): boolean {
  return !kindsWithNames.has(kind);
}

/** Their projections hold addresses, times or revisions. */
const kindsWithNames: ReadonlySet<string> = new Set(['Pod', 'StatefulSet', 'Service', 'Secret']);

interface Source {
  readonly spec: JsonObject;
  readonly status: JsonObject;
  readonly object: KubernetesObject;
}

type Projection = (source: Source) => JsonObject;

const projections: Readonly<Record<string, Projection>> = {
  Deployment: projectWorkload,
  StatefulSet: projectWorkload,
  Pod: projectPod,
  Job: projectJob,
  PersistentVolumeClaim: ({ spec, status }) => ({
    ...pick(status, ['phase']),
    ...pick(spec, ['storageClassName']),
    ...pickAs(recordOf(status['capacity']), 'storage', 'capacity'),
    ...pickAs(recordOf(recordOf(spec['resources'])['requests']), 'storage', 'requested'),
    ...projectConditions(status),
  }),
  HorizontalPodAutoscaler: ({ spec, status }) => ({
    ...pick(spec, ['minReplicas', 'maxReplicas']),
    ...pick(status, ['currentReplicas', 'desiredReplicas']),
    ...projectConditions(status),
  }),
  PodDisruptionBudget: ({ status }) =>
    pick(status, ['observedGeneration', 'currentHealthy', 'desiredHealthy', 'disruptionsAllowed', 'expectedPods']),
  Service: ({ spec }) => pick(spec, ['clusterIP', 'type']),
  // A changed credential must wake its stack; the fingerprint is keyed, so it gives nothing of the value away.
  Secret: ({ object }) => ({ content: fingerprint(recordOf(object['data'])) }),
};

function projectWorkload({ spec, status }: Source): JsonObject {
  return {
    ...pickAs(spec, 'replicas', 'specReplicas'),
    ...pick(status, workloadFields),
    ...projectConditions(status),
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

function projectPod({ spec, status }: Source): JsonObject {
  const conditions = listOf(status['conditions']).filter(isRecord);
  return {
    ...pick(status, ['phase', 'podIP', 'startTime', 'reason']),
    ...pick(spec, ['nodeName']),
    ready: conditions.some(({ type, status: value }) => type === 'Ready' && value === 'True'),
    containers: [
      ...listOf(status['initContainerStatuses']).filter(isRecord).filter(isTroubled),
      ...listOf(status['containerStatuses']).filter(isRecord),
    ].map((container) => projectContainer(container)),
    conditions: conditions
      .filter(({ type }) => type === 'PodScheduled' || type === 'Ready')
      .map((condition) => pick(condition, conditionFields)),
  };
}

/** Finished init containers are of no interest; one that waits or fails explains why the pod does not start. */
function isTroubled(container: JsonObject): boolean {
  const state = recordOf(container['state']);
  return isRecord(state['waiting']) || (isRecord(state['terminated']) && state['terminated']['exitCode'] !== 0);
}

function projectContainer(container: JsonObject): JsonObject {
  const state = recordOf(container['state']);
  const waiting = recordOf(state['waiting']);
  const terminated = isRecord(state['terminated'])
    ? state['terminated']
    : recordOf(recordOf(container['lastState'])['terminated']);
  return {
    ...pick(container, ['name', 'image', 'ready', 'restartCount']),
    ...pickAs(waiting, 'reason', 'waitingReason'),
    ...pickAs(waiting, 'message', 'waitingMessage'),
    ...pickAs(terminated, 'reason', 'terminatedReason'),
    ...pickAs(terminated, 'exitCode', 'exitCode'),
    ...pickAs(terminated, 'message', 'terminatedMessage'),
  };
}

function projectJob({ status }: Source): JsonObject {
  const conditions = listOf(status['conditions']).filter(isRecord);
  const failure = conditions.find(({ type, status: value }) => type === 'Failed' && value === 'True');
  return {
    ...pick(status, ['active', 'succeeded', 'failed']),
    complete: conditions.some(({ type, status: value }) => type === 'Complete' && value === 'True'),
    ...(failure === undefined
      ? {}
      : { failedReason: failure['reason'] ?? 'Failed', ...pickAs(failure, 'message', 'failedMessage') }),
  };
}

const conditionFields = ['type', 'status', 'reason', 'message'];

function projectConditions(status: JsonObject): JsonObject {
  const conditions = listOf(status['conditions']).filter(isRecord);
  return conditions.length === 0 ? {} : { conditions: conditions.map(projectCondition) };
}

/** The message only of a condition that is not as wished: of the others it is long, changes often and tells nothing. */
function projectCondition(condition: JsonObject): JsonObject {
  const isFine = goodConditions[String(condition['type'])] === condition['status'];
  return pick(condition, isFine ? ['type', 'status', 'reason'] : conditionFields);
}

const goodConditions: Readonly<Record<string, string>> = {
  Available: 'True',
  Progressing: 'True',
  AbleToScale: 'True',
  ScalingActive: 'True',
  ScalingLimited: 'False',
};

function pick(record: JsonObject, names: readonly string[]): JsonObject {
  const found: Record<string, Json> = {};
  for (const name of names) {
    const value = record[name];
    if (value !== undefined) {
      found[name] = value;
    }
  }
  return found;
}

function pickAs(record: JsonObject, name: string, as: string): JsonObject {
  const value = record[name];
  return value === undefined ? {} : { [as]: value };
}
