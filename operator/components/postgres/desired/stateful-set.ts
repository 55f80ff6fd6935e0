import type { KubernetesObject } from '../../../api/kubernetes.ts';
import type { CompleteStack } from '../../../api/v1beta1/complete-stack.ts';
import { hashOf } from '../../../objects/hash.ts';
import { componentLabels, dataMetadata, selectorLabels } from '../../../objects/metadata.ts';
import { annotations } from '../../../objects/names.ts';
import { restrictedPodSecurity } from '../../../objects/security.ts';
import {
  claimSizeLabel,
  componentName,
  credentialKeys,
  dataVolume,
  majorLabel,
  namesOf,
  patroniLabels,
  postgresUid,
} from '../names.ts';
import { instanceSettings } from './config.ts';
import { buildContainer } from './container.ts';
import { owned } from './metadata.ts';
import type { SecretReader } from './secrets.ts';

/** What the StatefulSet depends on beside the stack. */
export interface StatefulSetInput {
  readonly replicas: number;
  /** Size in the claim template: that of the first start for ever. */
  readonly claimSize: string;
  readonly major: string;
  readonly secret: SecretReader;
}

/**
 * The servers. Parallel, because Patroni itself orders their start; `OnDelete`, because the operator rolls them,
 * standbys first. Claims are kept in every case: whether data goes is the stack's deletion policy's business.
 */
export function buildStatefulSet(stack: CompleteStack, input: StatefulSetInput): KubernetesObject {
  const { statefulSet, pods } = namesOf(stack);
  const metadata = owned(stack, statefulSet);
  const claim = dataMetadata(stack, componentName, dataVolume);
  return {
    apiVersion: 'apps/v1',
    kind: 'StatefulSet',
    metadata: {
      ...metadata,
      labels: { ...metadata.labels, [claimSizeLabel]: input.claimSize, [majorLabel]: input.major },
    },
    spec: {
      serviceName: pods,
      replicas: input.replicas,
      podManagementPolicy: 'Parallel',
      updateStrategy: { type: 'OnDelete' },
      persistentVolumeClaimRetentionPolicy: { whenDeleted: 'Retain', whenScaled: 'Retain' },
      selector: { matchLabels: selectorLabels(stack, componentName) },
      template: buildPodTemplate(stack, input.secret),
      volumeClaimTemplates: [
        {
          metadata: { name: dataVolume, labels: claim.labels },
          spec: {
            accessModes: ['ReadWriteOnce'],
            ...(stack.postgres.storage.className === undefined
              ? {}
              : { storageClassName: stack.postgres.storage.className }),
            resources: { requests: { storage: input.claimSize } },
          },
        },
      ],
    },
  };
}

function buildPodTemplate(stack: CompleteStack, secret: SecretReader): Record<string, unknown> {
  return {
    metadata: {
      labels: { ...componentLabels(stack, componentName), ...patroniLabels(stack) },
      annotations: templateAnnotations(stack, secret),
    },
    spec: {
      serviceAccountName: namesOf(stack).serviceAccount,
      automountServiceAccountToken: true,
      enableServiceLinks: false,
      securityContext: restrictedPodSecurity(postgresUid),
      // Time for the shutdown checkpoint of a busy primary.
      terminationGracePeriodSeconds: 120,
      ...(stack.imagePullSecrets.length > 0
        ? { imagePullSecrets: stack.imagePullSecrets.map((name) => ({ name })) }
        : {}),
      affinity: { podAntiAffinity: { preferredDuringSchedulingIgnoredDuringExecution: spread(stack) } },
      containers: [buildContainer(stack)],
      volumes: [
        { name: 'config', configMap: { name: namesOf(stack).config } },
        // Parallel queries share memory here; the runtime's own 64 MiB are too few for them.
        { name: 'shared-memory', emptyDir: { medium: 'Memory' } },
        { name: 'tmp', emptyDir: {} },
      ],
    },
  };
}

/**
 * The template changes, and the pods roll, with what a running Patroni does not read again: its own file, the
 * passwords in the environment, and a restart that somebody asks for.
 */
function templateAnnotations(stack: CompleteStack, secret: SecretReader): Record<string, string> {
  const values = secret(namesOf(stack).credentials) ?? {};
  const passwords = Object.values(credentialKeys).map((key) => values[key] ?? '');
  const restart = stack.annotations[annotations.restart];
  return {
    [annotations.configHash]: hashOf({ settings: instanceSettings(stack), passwords }),
    ...(restart === undefined ? {} : { [annotations.restart]: restart }),
  };
}

/** Prefers other nodes, and among those other zones. */
function spread(stack: CompleteStack): readonly Record<string, unknown>[] {
  const term = (topologyKey: string, weight: number) => ({
    weight,
    podAffinityTerm: { topologyKey, labelSelector: { matchLabels: selectorLabels(stack, componentName) } },
  });
  return [term('kubernetes.io/hostname', 100), term('topology.kubernetes.io/zone', 50)];
}
