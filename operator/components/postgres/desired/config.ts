import { stringify } from 'yaml';
import type { JsonObject, KubernetesObject } from '../../../api/kubernetes.ts';
import type { CompleteStack } from '../../../api/v1beta1/complete-stack.ts';
import { dataMetadata, selectorLabels } from '../../../objects/metadata.ts';
import { wantedDynamicConfig } from '../dynamic-config.ts';
import {
  clusterStateName,
  componentName,
  majorLabel,
  namesOf,
  patroniLabels,
  ports,
  roleLabel,
  roles,
  scopeLabel,
  users,
} from '../names.ts';
import { owned } from './metadata.ts';

/** Key of the ConfigMap and name of the file in the pods. */
export const configFile = 'patroni.yml';

/** Patroni's configuration file; passwords, names and addresses come from the pods' environment. */
export function buildConfig(stack: CompleteStack): KubernetesObject {
  const settings = { ...instanceSettings(stack), bootstrap: bootstrapSettings(stack) };
  return {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: owned(stack, namesOf(stack).config),
    data: { [configFile]: stringify(settings) },
  };
}

/**
 * The ConfigMap in which Patroni notes that the data exists. It is made beforehand and without content, so that it
 * bears the labels of data: it stays with the volumes under `Retain`, and goes with them under `Delete`. Its label says
 * which major version the data is of, also to a later stack of the same name.
 */
export function buildClusterState(stack: CompleteStack, major: string): KubernetesObject {
  const metadata = dataMetadata(stack, componentName, clusterStateName(stack));
  return {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { ...metadata, labels: { ...metadata.labels, ...patroniLabels(stack), [majorLabel]: major } },
  };
}

/** What Patroni reads at the start of a pod: a change rolls the pods. */
export function instanceSettings(stack: CompleteStack): JsonObject {
  return {
    scope: namesOf(stack).scope,
    kubernetes: {
      namespace: stack.namespace,
      labels: selectorLabels(stack, componentName),
      scope_label: scopeLabel,
      role_label: roleLabel,
      leader_label_value: roles.leader,
      follower_label_value: roles.replica,
      standby_leader_label_value: roles.leader,
      use_endpoints: false,
    },
    restapi: { listen: `*:${ports.rest}` },
    watchdog: { mode: 'off' },
    postgresql: {
      listen: `*:${ports.postgres}`,
      data_dir: '/data/pgdata',
      pgpass: '/tmp/pgpass',
      use_unix_socket: true,
      // A spread checkpoint would keep every new replica waiting for up to five minutes.
      basebackup: [{ checkpoint: 'fast' }],
      // A standby that cannot be rewound is cloned anew: its data is a copy, and a copy of a past that is no more.
      remove_data_directory_on_rewind_failure: true,
      remove_data_directory_on_diverged_timelines: true,
      parameters: { unix_socket_directories: '/tmp' },
      pg_hba: [
        'local all all scram-sha-256',
        `host replication ${users.replication} all scram-sha-256`,
        'host all all all scram-sha-256',
      ],
    },
  };
}

/** What only the very first start reads. C.UTF-8 sorts the same for ever: no index breaks when the C library changes. */
function bootstrapSettings(stack: CompleteStack): JsonObject {
  return {
    dcs: wantedDynamicConfig(stack),
    initdb: [
      'data-checksums',
      { encoding: 'UTF8' },
      { locale: 'C.UTF-8' },
      { 'auth-host': 'scram-sha-256' },
      { 'auth-local': 'scram-sha-256' },
    ],
  };
}
