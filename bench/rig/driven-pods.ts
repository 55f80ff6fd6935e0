import type { Json, JsonObject, KubernetesObject } from '../../operator/api/kubernetes.ts';
import { refOf } from '../../operator/api/kubernetes.ts';
import { ConflictError } from '../../operator/kube/errors.ts';
import { listOf, recordOf } from '../../operator/kube/json.ts';
import type { Admin } from './admin.ts';

/** What a pod has that the template of its workload does not say. */
export interface DrivenPod {
  readonly name: string;
  readonly labels: JsonObject;
  readonly volumes?: readonly JsonObject[];
}

/** An address of loopback where nobody listens: who asks the pod is refused at once. */
const podAddress = '127.77.0.1';

/** Creates a running and ready pod of a workload; does nothing when there is one. */
export async function ensurePod(admin: Admin, workload: KubernetesObject, pod: DrivenPod): Promise<void> {
  const template = recordOf(recordOf(workload['spec'])['template']);
  const spec = recordOf(template['spec']);
  const { name, namespace } = { name: pod.name, namespace: workload.metadata.namespace ?? '' };
  const created = await createOnce(admin, {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      ...recordOf(template['metadata']),
      name,
      namespace,
      labels: stringsOf({ ...recordOf(recordOf(template['metadata'])['labels']), ...pod.labels }),
      ownerReferences: [ownerOf(workload)],
    },
    spec: { ...spec, nodeName: 'bench', volumes: [...listOf(spec['volumes']), ...(pod.volumes ?? [])] },
  });
  if (created) {
    await admin.patch({ apiVersion: 'v1', kind: 'Pod', namespace, name }, { status: runningStatus(spec) }, 'status');
  }
}

/** Creates a bound claim from a volume claim template; does nothing when there is one. */
export async function ensureClaim(
  admin: Admin,
  workload: KubernetesObject,
  claim: { readonly template: JsonObject; readonly name: string },
): Promise<void> {
  const metadata = recordOf(claim.template['metadata']);
  const selected = recordOf(recordOf(recordOf(workload['spec'])['selector'])['matchLabels']);
  const spec = recordOf(claim.template['spec']);
  const object: KubernetesObject = {
    apiVersion: 'v1',
    kind: 'PersistentVolumeClaim',
    metadata: {
      name: claim.name,
      namespace: workload.metadata.namespace ?? '',
      labels: stringsOf({ ...recordOf(metadata['labels']), ...selected }),
    },
    spec,
  };
  if (await createOnce(admin, object)) {
    const capacity = recordOf(recordOf(spec['resources'])['requests']);
    const status = { phase: 'Bound', accessModes: spec['accessModes'], capacity };
    await admin.patch(refOf(object), { status }, 'status');
  }
}

async function createOnce(admin: Admin, object: KubernetesObject): Promise<boolean> {
  try {
    await admin.client.create(object);
    return true;
  } catch (error) {
    if (error instanceof ConflictError) {
      return false;
    }
    throw error;
  }
}

function runningStatus(spec: JsonObject): JsonObject {
  const now = new Date().toISOString();
  const containers = listOf(spec['containers']).map(recordOf);
  return {
    phase: 'Running',
    podIP: podAddress,
    podIPs: [{ ip: podAddress }],
    startTime: now,
    conditions: ['PodScheduled', 'Initialized', 'ContainersReady', 'Ready'].map((type) => ({
      type,
      status: 'True',
      lastTransitionTime: now,
    })),
    containerStatuses: containers.map(({ name, image }) => ({
      name,
      image,
      imageID: '',
      ready: true,
      started: true,
      restartCount: 0,
      state: { running: { startedAt: now } },
    })),
  };
}

function ownerOf({ apiVersion, kind, metadata }: KubernetesObject) {
  return { apiVersion, kind, name: metadata.name, uid: metadata.uid ?? '', controller: true };
}

function stringsOf(record: Readonly<Record<string, Json | undefined>>): Record<string, string> {
  return Object.fromEntries(Object.entries(record).map(([name, value]) => [name, String(value)]));
}
