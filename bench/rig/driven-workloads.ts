import type { JsonObject, KubernetesObject } from '../../operator/api/kubernetes.ts';
import { refOf } from '../../operator/api/kubernetes.ts';
import { listOf, recordOf } from '../../operator/kube/json.ts';
import type { ObjectCache } from '../../operator/kube/object-cache.ts';
import type { Admin } from './admin.ts';
import { ensureClaim, ensurePod } from './driven-pods.ts';

/** As the Deployment controller would leave it when all its pods serve; the autoscaler's minimum counts as its order. */
export async function driveDeployment(admin: Admin, cache: ObjectCache, object: KubernetesObject): Promise<void> {
  const wanted = Math.max(replicasOf(object), autoscalerMinimum(cache, object));
  if (wanted !== replicasOf(object)) {
    await admin.patch(refOf(object), { spec: { replicas: wanted } }, 'scale');
    // The change of the count comes back as an event.
    return;
  }
  const labels = { 'pod-template-hash': 'bench' };
  await Promise.all(times(wanted, (index) => ensurePod(admin, object, { name: nameOf(object, index), labels })));
  await setStatus(admin, object, {
    ...readyCounts(object, wanted),
    conditions: [
      condition('Available', 'MinimumReplicasAvailable'),
      condition('Progressing', 'NewReplicaSetAvailable'),
    ],
  });
}

/** As the StatefulSet controller would leave it, with a bound claim for each volume of each pod. */
export async function driveStatefulSet(admin: Admin, _cache: ObjectCache, object: KubernetesObject): Promise<void> {
  const wanted = replicasOf(object);
  const revision = `${object.metadata.name}-bench`;
  const templates = listOf(recordOf(object['spec'])['volumeClaimTemplates']).map(recordOf);
  await Promise.all(
    times(wanted, async (index) => {
      const name = nameOf(object, index);
      const claims = templates.map((template) => ({ template, name: `${metadataName(template)}-${name}` }));
      await Promise.all(claims.map((claim) => ensureClaim(admin, object, claim)));
      const volumes = claims.map((claim) => ({
        name: metadataName(claim.template),
        persistentVolumeClaim: { claimName: claim.name },
      }));
      const labels = { 'controller-revision-hash': revision, 'apps.kubernetes.io/pod-index': String(index) };
      await ensurePod(admin, object, { name, labels, volumes });
    }),
  );
  await setStatus(admin, object, {
    ...readyCounts(object, wanted),
    currentReplicas: wanted,
    currentRevision: revision,
    updateRevision: revision,
  });
}

/** Complete, after a second of work. */
export async function driveJob(admin: Admin, object: KubernetesObject): Promise<void> {
  if (recordOf(object['status'])['completionTime'] !== undefined) {
    return;
  }
  const startTime = object.metadata.creationTimestamp ?? new Date().toISOString();
  const completionTime = new Date(Date.parse(startTime) + 1_000).toISOString();
  await admin.patch(
    refOf(object),
    {
      status: {
        startTime,
        completionTime,
        succeeded: 1,
        conditions: [
          condition('SuccessCriteriaMet', 'CompletionsReached'),
          condition('Complete', 'CompletionsReached'),
        ],
      },
    },
    'status',
  );
}

function replicasOf(object: KubernetesObject): number {
  return Number(recordOf(object['spec'])['replicas'] ?? 1);
}

function autoscalerMinimum(cache: ObjectCache, object: KubernetesObject): number {
  const { name, namespace = '' } = object.metadata;
  const ref = { apiVersion: 'autoscaling/v2', kind: 'HorizontalPodAutoscaler', namespace, name };
  return Number(cache.get(ref)?.status['minReplicas'] ?? 0);
}

function readyCounts(object: KubernetesObject, count: number): JsonObject {
  return {
    observedGeneration: object.metadata.generation ?? 1,
    replicas: count,
    updatedReplicas: count,
    readyReplicas: count,
    availableReplicas: count,
  };
}

async function setStatus(admin: Admin, object: KubernetesObject, status: JsonObject): Promise<void> {
  const present = recordOf(object['status']);
  const differs = Object.entries(status).some(
    ([name, value]) => name !== 'conditions' && JSON.stringify(present[name]) !== JSON.stringify(value),
  );
  if (differs) {
    await admin.patch(refOf(object), { status }, 'status');
  }
}

function condition(type: string, reason: string): JsonObject {
  return { type, status: 'True', reason, message: 'Set by the bench.', lastTransitionTime: new Date().toISOString() };
}

function nameOf(object: KubernetesObject, index: number): string {
  return `${object.metadata.name}-${index}`;
}

function metadataName(template: JsonObject): string {
  return String(recordOf(template['metadata'])['name']);
}

function times<Result>(count: number, build: (index: number) => Result): readonly Result[] {
  return Array.from({ length: count }, (_, index) => build(index));
}
