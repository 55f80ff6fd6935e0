import type { JsonObject } from '../api/kubernetes.ts';
import type { LiveObject } from '../kube/live-object.ts';

/** A live object for tests; everything not said is as of a healthy, unowned object. */
export function aLive(
  kind: string,
  name: string,
  rest: Partial<Omit<LiveObject, 'ref' | 'status'>> & { readonly status?: JsonObject } = {},
): LiveObject {
  const apiVersion = apiVersions[kind] ?? 'v1';
  return {
    ref: { apiVersion, kind, namespace: 'shop', name },
    uid: `uid-of-${kind}-${name}`,
    resourceVersion: '1',
    generation: 1,
    labels: {},
    ownerUid: undefined,
    deleting: false,
    appliedHash: undefined,
    identity: undefined,
    ownedHash: 'hash',
    owned: undefined,
    status: {},
    ...rest,
  };
}

const apiVersions: Readonly<Record<string, string>> = {
  Deployment: 'apps/v1',
  StatefulSet: 'apps/v1',
  Job: 'batch/v1',
  HorizontalPodAutoscaler: 'autoscaling/v2',
};
