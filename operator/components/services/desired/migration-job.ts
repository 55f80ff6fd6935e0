import type { KubernetesObject } from '../../../api/kubernetes.ts';
import type { CompleteStack } from '../../../api/v1beta1/complete-stack.ts';
import { hashOf } from '../../../objects/hash.ts';
import { componentLabels, ownedMetadata } from '../../../objects/metadata.ts';
import { labels } from '../../../objects/names.ts';
import type { ServiceDefinition } from '../catalog.ts';
import { migrationJobName } from '../names.ts';
import { buildMigrationEnvironment } from './environment.ts';
import { baseContainer, basePodSpec } from './pod.ts';
import { listMigrationFiles } from './secret-files.ts';

/**
 * Brings the service's database to the schema of its image, before any pod of that image serves. The finished Job is
 * kept: it is the record that this version is migrated. A changed template is a new Job; the old one is pruned.
 */
export function buildMigrationJob(definition: ServiceDefinition, stack: CompleteStack): KubernetesObject {
  const spec = {
    // The command itself waits for the database; a crash of the pod is tried again twice.
    backoffLimit: 2,
    activeDeadlineSeconds: 900,
    template: {
      metadata: {
        // Another name than the server's pods: the Service must not select it.
        labels: { ...componentLabels(stack, definition.name), [labels.name]: `${definition.name}-migration` },
      },
      spec: {
        ...basePodSpec(definition, stack, listMigrationFiles(definition, stack)),
        restartPolicy: 'Never',
        containers: [
          {
            ...baseContainer(definition, stack, buildMigrationEnvironment(definition, stack)),
            args: ['migrate'],
            resources: { requests: { cpu: '10m', memory: '96Mi' }, limits: { memory: '256Mi' } },
          },
        ],
      },
    },
  };
  const name = migrationJobName(stack.name, definition.name, hashOf(spec));
  return { apiVersion: 'batch/v1', kind: 'Job', metadata: ownedMetadata(stack, definition.name, name), spec };
}
