import type { ObjectRef } from '../../../api/kubernetes.ts';
import type { CompleteStack } from '../../../api/v1beta1/complete-stack.ts';
import { workloadStatus } from '../../../objects/live-status.ts';
import type { Desired, DesiredContext } from '../../contract.ts';
import { claimSizeLabel, credentialKeys, kafkaNames, wantedBrokers } from '../names.ts';
import { buildConfig } from './config.ts';
import { buildDisruptionBudget } from './pdb.ts';
import { buildConnectionSecrets, buildExternalConnectionSecrets, buildUsersSecret } from './secrets.ts';
import { buildClientService, buildNodesService } from './services.ts';
import { buildStatefulSet } from './stateful-set.ts';

const nothing: Desired = { objects: [], held: [] };

/** All objects of a stack's Kafka; none before the Secrets are there. */
export function buildDesired(stack: CompleteStack, context: DesiredContext): Desired {
  return stack.kafka.mode === 'External' ? buildExternal(stack, context) : buildBuiltin(stack, context);
}

function buildExternal(stack: CompleteStack, context: DesiredContext): Desired {
  const secret = context.secret(stack.kafka.connectionSecretName ?? '');
  return secret === undefined ? nothing : { objects: buildExternalConnectionSecrets(stack, secret), held: [] };
}

function buildBuiltin(stack: CompleteStack, context: DesiredContext): Desired {
  const names = kafkaNames(stack);
  const { namespace } = stack;
  const credentials = context.secret(names.credentials);
  if (credentials === undefined) {
    return nothing;
  }
  const ref: ObjectRef = { apiVersion: 'apps/v1', kind: 'StatefulSet', namespace, name: names.statefulSet };
  const live = context.live(ref);
  const keeper = context.live({ apiVersion: 'v1', kind: 'Secret', namespace, name: names.credentials });
  const present = live === undefined ? 0 : (workloadStatus(live).specReplicas ?? 0);
  // Never fewer than there are: brokers hold partitions and votes.
  const brokers = Math.max(present, wantedBrokers(stack));
  const clusterId = credentials[credentialKeys.clusterId] ?? '';
  return {
    objects: [
      buildConfig(stack, { clusterId, brokers, isFormed: keeper?.identity !== undefined }),
      buildUsersSecret(stack, credentials),
      ...buildConnectionSecrets(stack, brokers, credentials),
      buildNodesService(stack),
      buildClientService(stack),
      buildStatefulSet(stack, {
        replicas: brokers,
        claimSize: live?.labels[claimSizeLabel] ?? stack.kafka.storage.size,
      }),
      ...buildDisruptionBudget(stack, brokers),
    ],
    held: [],
  };
}
