import { kinds } from '../../operator/api/kinds.ts';
import type { KubernetesObject } from '../../operator/api/kubernetes.ts';
import type { CompleteStack } from '../../operator/api/v1beta1/complete-stack.ts';
import { type AnyComponent, defineComponent } from '../../operator/components/contract.ts';
import { ownedMetadata, selectorLabels } from '../../operator/objects/metadata.ts';
import { restrictedContainerSecurity, restrictedPodSecurity } from '../../operator/objects/security.ts';

/** How many objects of each kind: a shop of nine services with its stores, as it will be. */
const counts = { Deployment: 30, Service: 30, ConfigMap: 40, Secret: 20 } as const;

const componentName = 'objects';

/** Number of objects of the set. */
export const objectSetSize = Object.values(counts).reduce((sum, count) => sum + count, 0);

/** A component of 120 plain objects, to see the engine alone with more than today's stacks have. */
export const objectSet: AnyComponent = defineComponent<undefined>({
  name: componentName,
  conditionType: 'ServicesReady',
  dependsOn: [],
  kinds: [kinds.Deployment, kinds.Service, kinds.ConfigMap, kinds.Secret],
  permissions: [],
  isEnabled: () => true,
  credentials: () => [],
  inputs: () => [],
  desired: (stack) => ({ objects: buildObjects(stack), held: [] }),
  gather: () => Promise.resolve(undefined),
  readiness: () => ({ state: 'ready', message: 'Nothing runs here.' }),
  report: () => ({}),
  actions: [],
});

function buildObjects(stack: CompleteStack): readonly KubernetesObject[] {
  return [
    ...times(counts.Deployment, (name) => buildDeployment(stack, name)),
    ...times(counts.Service, (name) => buildService(stack, name)),
    ...times(counts.ConfigMap, (name) => ({ ...base(stack, 'v1', 'ConfigMap', name), data: { 'app.conf': settings } })),
    ...times(counts.Secret, (name) => ({ ...base(stack, 'v1', 'Secret', name), data: { password: btoa(name) } })),
  ];
}

function times(count: number, build: (name: string) => KubernetesObject): readonly KubernetesObject[] {
  return Array.from({ length: count }, (_, index) => build(`part-${index}`));
}

/** About 0.6 kB, as a small configuration file has. */
const settings = Array.from({ length: 20 }, (_, index) => `setting-${index} = value number ${index}`).join('\n');

function base(stack: CompleteStack, apiVersion: string, kind: string, name: string) {
  return { apiVersion, kind, metadata: ownedMetadata(stack, componentName, name) };
}

function buildService(stack: CompleteStack, name: string): KubernetesObject {
  const ports = [{ name: 'http', port: 80, targetPort: 'http', protocol: 'TCP' }];
  return { ...base(stack, 'v1', 'Service', name), spec: { selector: selectorLabels(stack, name), ports } };
}

function buildDeployment(stack: CompleteStack, name: string): KubernetesObject {
  const labels = selectorLabels(stack, name);
  const probe = { httpGet: { path: '/health', port: 'http' }, periodSeconds: 5, timeoutSeconds: 2 };
  const container = {
    name,
    image: `registry.example.com/shop/${name}:1.0.0`,
    args: ['serve'],
    ports: [{ name: 'http', containerPort: 8000, protocol: 'TCP' }],
    env: Array.from({ length: 12 }, (_, index) => ({ name: `APP_SETTING_${index}`, value: `value number ${index}` })),
    resources: { requests: { cpu: '250m', memory: '256Mi' }, limits: { cpu: '500m', memory: '512Mi' } },
    readinessProbe: probe,
    livenessProbe: probe,
    securityContext: restrictedContainerSecurity,
    volumeMounts: [{ name: 'tmp', mountPath: '/tmp' }],
  };
  const spec = {
    securityContext: restrictedPodSecurity(10001),
    containers: [container],
    volumes: [{ name: 'tmp', emptyDir: {} }],
  };
  return {
    ...base(stack, 'apps/v1', 'Deployment', name),
    spec: { selector: { matchLabels: labels }, template: { metadata: { labels }, spec } },
  };
}
