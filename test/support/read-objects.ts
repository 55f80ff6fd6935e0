import { labApi } from '../../lab/cluster/lab-cluster.ts';
import type { ApiReader } from '../../lab/control-plane/api-request.ts';
import type { LocalControlPlane } from '../../lab/control-plane/local-control-plane.ts';
import type { KubernetesObject } from '../../operator/api/kubernetes.ts';

/** A cluster that can be asked by its administrator's certificate. */
export type Readable = Pick<LocalControlPlane, 'kubeconfigPath'>;

/** Where the API server has the resources that tests ask for. */
const paths = {
  configmaps: 'api/v1',
  persistentvolumeclaims: 'api/v1',
  pods: 'api/v1',
  secrets: 'api/v1',
  serviceaccounts: 'api/v1',
  services: 'api/v1',
  deployments: 'apis/apps/v1',
  statefulsets: 'apis/apps/v1',
  jobs: 'apis/batch/v1',
  poddisruptionbudgets: 'apis/policy/v1',
  roles: 'apis/rbac.authorization.k8s.io/v1',
  rolebindings: 'apis/rbac.authorization.k8s.io/v1',
  ecommercestacks: 'apis/ecommerce.stack/v1beta1',
} as const;

export type Resource = keyof typeof paths;

const readers = new WeakMap<Readable, Promise<ApiReader>>();

/**
 * One object. Without a program: kubectl takes a tenth of a second of processor time, and who waits for something looks
 * twenty times a second, which would leave half of two processors to the cluster that is waited for.
 */
export async function readObject(
  cluster: Readable,
  resource: Resource,
  { namespace, name }: { readonly namespace: string; readonly name: string },
): Promise<KubernetesObject> {
  return JSON.parse(await get(cluster, `/${paths[resource]}/namespaces/${namespace}/${resource}/${name}`));
}

/** All objects of these resources in a namespace. */
export async function listObjects(
  cluster: Readable,
  namespace: string,
  ...resources: readonly Resource[]
): Promise<readonly KubernetesObject[]> {
  const lists = resources.map(async (resource) => {
    const text = await get(cluster, `/${paths[resource]}/namespaces/${namespace}/${resource}`);
    const { apiVersion, kind, items }: { apiVersion: string; kind: string; items: KubernetesObject[] } =
      JSON.parse(text);
    // Items of a list do not say what they are.
    return items.map((item) => ({ ...item, apiVersion, kind: kind.replace(/List$/, '') }));
  });
  return (await Promise.all(lists)).flat();
}

async function get(cluster: Readable, path: string): Promise<string> {
  const reader = readers.get(cluster) ?? labApi(cluster.kubeconfigPath);
  readers.set(cluster, reader);
  return (await reader).get(path);
}
