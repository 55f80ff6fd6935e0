import fc, { type Arbitrary } from 'fast-check';
import type { KubernetesObject } from '../../operator/api/kubernetes.ts';

/** Random but valid objects of the kinds that we apply, as our builders write them: canonical, no server defaults. */

const names = ['alpha', 'beta', 'gamma', 'delta', 'with-dash', 'x1'] as const;
const words = fc.constantFrom('one', 'two.three', 'ä-ö ☂', '', 'true', '0755', 'a/b:c');
const label = fc.constantFrom('v1', 'shop', 'a-b', '1');
const stringMap = (value: Arbitrary<string>) =>
  fc.dictionary(fc.constantFrom(...names, 'ecommerce.stack/x'), value, { maxKeys: 4 });
const nonEmptyMap = (value: Arbitrary<string>) =>
  fc.dictionary(fc.constantFrom(...names), value, { minKeys: 1, maxKeys: 3 });
const quantity = fc.constantFrom('50m', '1', '128Mi', '2Gi');
const some = <Value>(value: Arbitrary<Value>, name: string) =>
  fc.option(value, { nil: undefined }).map((found) => (found === undefined ? {} : { [name]: found }));
const merge = (...parts: readonly Arbitrary<object>[]) =>
  fc.tuple(...parts).map((found) => Object.assign({}, ...found) as Record<string, unknown>);

const env = fc.oneof(
  fc.record({ name: fc.constantFrom('A', 'B', 'C', 'D.e'), value: words.filter((word) => word !== '') }),
  fc.record({
    name: fc.constantFrom('A', 'B', 'C'),
    valueFrom: fc.constantFrom(
      { secretKeyRef: { name: 'credentials', key: 'password' } },
      { fieldRef: { fieldPath: 'metadata.name' } },
    ),
  }),
);
const uniqueEnv = fc.uniqueArray(env, { selector: ({ name }) => name, maxLength: 3 });
const port = fc.record({
  name: fc.constantFrom('http', 'metrics', 'peer'),
  containerPort: fc.integer({ min: 1, max: 65535 }),
});
const ports = fc.uniqueArray(port, { selector: ({ name }) => name, maxLength: 3 });
const uniquePorts = ports.filter(
  (list) => new Set(list.map(({ containerPort }) => containerPort)).size === list.length,
);
const resources = fc.record({
  requests: fc.record({ cpu: fc.constantFrom('50m', '1'), memory: fc.constantFrom('64Mi', '1Gi') }),
});
const probe = fc.record({
  httpGet: fc.record({
    path: fc.constantFrom('/livez', '/readyz'),
    port: fc.constantFrom<string | number>('http', 8080),
  }),
  periodSeconds: fc.integer({ min: 1, max: 60 }),
});

const container = (name: string) =>
  merge(
    fc.constant({ name, image: 'registry.example/shop:1.0.0' }),
    some(
      uniqueEnv.filter((list) => list.length > 0),
      'env',
    ),
    some(
      uniquePorts.filter((list) => list.length > 0),
      'ports',
    ),
    some(resources, 'resources'),
    some(probe, 'readinessProbe'),
    some(fc.array(words, { minLength: 1, maxLength: 3 }), 'args'),
    some(
      fc.constant([
        { name: 'data', mountPath: '/data' },
        { name: 'tmp', mountPath: '/tmp' },
      ]),
      'volumeMounts',
    ),
    some(
      fc.constant({ allowPrivilegeEscalation: false, readOnlyRootFilesystem: true, capabilities: { drop: ['ALL'] } }),
      'securityContext',
    ),
  );

const podSpec = merge(
  fc.tuple(container('main'), container('second')).map(([main, second]) => ({ containers: [main, second] })),
  fc.constant({
    volumes: [
      { name: 'data', emptyDir: {} },
      { name: 'tmp', emptyDir: { sizeLimit: '10Mi' } },
    ],
  }),
  some(fc.constant('shop'), 'serviceAccountName'),
  some(fc.integer({ min: 0, max: 600 }), 'terminationGracePeriodSeconds'),
  some(
    fc.constant([
      {
        maxSkew: 1,
        topologyKey: 'zone',
        whenUnsatisfiable: 'ScheduleAnyway',
        labelSelector: { matchLabels: { app: 'shop' } },
      },
    ]),
    'topologySpreadConstraints',
  ),
  some(fc.constant([{ key: 'spot', operator: 'Exists' }]), 'tolerations'),
);

const template = merge(
  fc.constant({ metadata: { labels: { app: 'shop' } } }),
  podSpec.map((spec) => ({ spec })),
);
const selector = { matchLabels: { app: 'shop' } };

const externalMetrics = fc
  .uniqueArray(
    fc.record({
      metric: merge(
        fc.constantFrom(...names).map((name) => ({ name })),
        some(fc.constant(selector), 'selector'),
      ),
      averageValue: fc.constantFrom('500m', '100', '2k'),
    }),
    { selector: ({ metric }) => JSON.stringify(metric), maxLength: 2 },
  )
  .map((list) =>
    list.map(({ metric, averageValue }) => ({
      type: 'External',
      external: { metric, target: { type: 'AverageValue', averageValue } },
    })),
  );

const specs: Readonly<Record<string, { readonly apiVersion: string; readonly fields: Arbitrary<object> }>> = {
  Deployment: {
    apiVersion: 'apps/v1',
    fields: merge(
      template.map((value) => ({ selector, template: value })),
      some(fc.integer({ min: 0, max: 9 }), 'replicas'),
      some(fc.constant({ type: 'RollingUpdate', rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } }), 'strategy'),
    ).map((spec) => ({ spec })),
  },
  StatefulSet: {
    apiVersion: 'apps/v1',
    fields: merge(
      template.map((value) => ({ selector, template: value, serviceName: 'shop' })),
      some(fc.integer({ min: 0, max: 9 }), 'replicas'),
      some(fc.constant('Parallel'), 'podManagementPolicy'),
      some(
        quantity.map((storage) => [
          {
            metadata: { name: 'data', labels: { app: 'shop' } },
            spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage } } },
          },
        ]),
        'volumeClaimTemplates',
      ),
    ).map((spec) => ({ spec })),
  },
  Service: {
    apiVersion: 'v1',
    fields: merge(
      fc.constant({ selector: { app: 'shop' } }),
      fc
        .uniqueArray(
          fc.record({ name: fc.constantFrom('http', 'https', 'raw'), port: fc.integer({ min: 1, max: 65535 }) }),
          {
            selector: ({ name }) => name,
            minLength: 1,
            maxLength: 3,
          },
        )
        .filter((list) => new Set(list.map(({ port: number }) => number)).size === list.length)
        .map((list) => ({ ports: list })),
      some(fc.constant('None'), 'clusterIP'),
      some(fc.constant(true), 'publishNotReadyAddresses'),
    ).map((spec) => ({ spec })),
  },
  HorizontalPodAutoscaler: {
    apiVersion: 'autoscaling/v2',
    fields: fc
      .record({ averageUtilization: fc.integer({ min: 1, max: 99 }), external: externalMetrics })
      .map(({ averageUtilization, external }) => ({
        spec: {
          scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'shop' },
          minReplicas: 2,
          maxReplicas: 20,
          metrics: [
            { type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization } } },
            { type: 'Resource', resource: { name: 'memory', target: { type: 'Utilization', averageUtilization: 80 } } },
            ...external,
          ],
        },
      })),
  },
  PodDisruptionBudget: {
    apiVersion: 'policy/v1',
    fields: fc
      .constantFrom<number | string>(1, 2, '50%')
      .map((maxUnavailable) => ({ spec: { maxUnavailable, selector } })),
  },
  ConfigMap: { apiVersion: 'v1', fields: some(nonEmptyMap(words), 'data') },
  Secret: {
    apiVersion: 'v1',
    fields: merge(
      fc.constant({ type: 'Opaque' }),
      some(nonEmptyMap(words.map((word) => Buffer.from(word).toString('base64'))), 'data'),
    ),
  },
  Job: {
    apiVersion: 'batch/v1',
    fields: merge(
      podSpec.map((spec) => ({ template: { spec: { ...spec, restartPolicy: 'Never' } } })),
      some(fc.integer({ min: 0, max: 9 }), 'backoffLimit'),
      some(fc.integer({ min: 1, max: 900 }), 'activeDeadlineSeconds'),
    ).map((spec) => ({ spec })),
  },
  Role: {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    fields: fc.constantFrom(['get'], ['get', 'list', 'watch']).map((verbs) => ({
      rules: [{ apiGroups: [''], resources: ['pods', 'endpoints'], verbs }],
    })),
  },
  RoleBinding: {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    fields: fc.constant({
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: 'shop' },
      subjects: [{ kind: 'ServiceAccount', name: 'shop', namespace: 'default' }],
    }),
  },
  ServiceAccount: { apiVersion: 'v1', fields: some(fc.boolean(), 'automountServiceAccountToken') },
};

/** The kinds that there are generators for. */
export const objectKinds: readonly string[] = Object.keys(specs);

/** A function from a name to an object of this kind in the namespace `default`. */
export function arbitraryObject(kind: string): Arbitrary<(name: string) => KubernetesObject> {
  const { apiVersion, fields } = specs[kind] ?? { apiVersion: '', fields: fc.constant({}) };
  return fc
    .record({ fields, labels: nonEmptyMap(label), annotations: stringMap(words) })
    .map(({ fields: rest, labels, annotations }) => (name) => ({
      apiVersion,
      kind,
      metadata: {
        name: `${kind.toLowerCase()}-${name}`,
        namespace: 'default',
        labels,
        ...(Object.keys(annotations).length === 0 ? {} : { annotations }),
      },
      ...rest,
    }));
}
