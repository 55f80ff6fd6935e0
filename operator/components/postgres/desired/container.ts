import type { CompleteStack } from '../../../api/v1beta1/complete-stack.ts';
import { restrictedContainerSecurity } from '../../../objects/security.ts';
import { containerName, credentialKeys, dataVolume, namesOf, ports, users } from '../names.ts';
import { configFile } from './config.ts';

/** Patroni, which starts PostgreSQL. The image brings `patroni` and PostgreSQL's programs on its PATH. */
export function buildContainer(stack: CompleteStack): Record<string, unknown> {
  return {
    name: containerName,
    image: stack.postgres.image,
    imagePullPolicy: 'IfNotPresent',
    command: ['patroni', `/etc/patroni/${configFile}`],
    env: environment(stack),
    ports: [
      { name: 'postgres', containerPort: ports.postgres, protocol: 'TCP' },
      { name: 'rest', containerPort: ports.rest, protocol: 'TCP' },
    ],
    // Patroni answers long before PostgreSQL does, so recovery or cloning of any length does not fail a probe.
    startupProbe: { ...probe('/liveness'), periodSeconds: 2, failureThreshold: 60 },
    // Fails when Patroni's own loop is stuck for longer than its `ttl`. Such a Patroni does not stop the server when it is told to,
    // and a former leader must not go on as one: no two minutes for a graceful end here.
    livenessProbe: {
      ...probe('/liveness'),
      periodSeconds: 10,
      failureThreshold: 3,
      timeoutSeconds: 5,
      terminationGracePeriodSeconds: 10,
    },
    readinessProbe: { ...probe('/readiness'), periodSeconds: 2, failureThreshold: 3, timeoutSeconds: 3 },
    resources: stack.postgres.resources,
    securityContext: restrictedContainerSecurity,
    volumeMounts: [
      { name: dataVolume, mountPath: '/data' },
      { name: 'config', mountPath: '/etc/patroni', readOnly: true },
      { name: 'shared-memory', mountPath: '/dev/shm' },
      { name: 'tmp', mountPath: '/tmp' },
    ],
  };
}

function probe(path: string): Record<string, unknown> {
  return { httpGet: { path, port: 'rest' } };
}

function environment(stack: CompleteStack): readonly Record<string, unknown>[] {
  const { credentials } = namesOf(stack);
  const fromSecret = (name: string, key: string) => ({
    name,
    valueFrom: { secretKeyRef: { name: credentials, key } },
  });
  return [
    { name: 'POD_IP', valueFrom: { fieldRef: { fieldPath: 'status.podIP' } } },
    { name: 'PATRONI_NAME', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } },
    { name: 'PATRONI_KUBERNETES_POD_IP', value: '$(POD_IP)' },
    { name: 'PATRONI_POSTGRESQL_CONNECT_ADDRESS', value: `$(POD_IP):${ports.postgres}` },
    { name: 'PATRONI_RESTAPI_CONNECT_ADDRESS', value: `$(POD_IP):${ports.rest}` },
    { name: 'PATRONI_RESTAPI_USERNAME', value: users.rest },
    fromSecret('PATRONI_RESTAPI_PASSWORD', credentialKeys.rest),
    { name: 'PATRONI_SUPERUSER_USERNAME', value: users.superuser },
    fromSecret('PATRONI_SUPERUSER_PASSWORD', credentialKeys.superuser),
    { name: 'PATRONI_REPLICATION_USERNAME', value: users.replication },
    fromSecret('PATRONI_REPLICATION_PASSWORD', credentialKeys.replication),
  ];
}
