import { kinds } from '../../api/kinds.ts';
import type { CompleteStack } from '../../api/v1beta1/complete-stack.ts';
import { storePermissions } from '../../objects/permissions.ts';
import { type CredentialKey, type CredentialRequest, defineComponent, type SecretInput } from '../contract.ts';
import { copies } from './actions/copies.ts';
import { grow } from './actions/grow.ts';
import { rights } from './actions/rights.ts';
import { replace, roll } from './actions/roll.ts';
import { settings } from './actions/settings.ts';
import { topics } from './actions/topics.ts';
import { users } from './actions/users.ts';
import { votes } from './actions/votes.ts';
import { buildDesired } from './desired/index.ts';
import { gatherKafka } from './gather.ts';
import { clientServices, credentialKeys, kafkaComponent, kafkaNames } from './names.ts';
import type { Observed } from './observed.ts';
import { judgeKafka } from './readiness.ts';
import { reportKafka } from './report.ts';

/** Kafka: brokers of our own pods that are their own controllers (KRaft), or one that somebody else runs. */
export const kafka = defineComponent<Observed>({
  name: kafkaComponent,
  conditionType: 'KafkaReady',
  dependsOn: [],
  kinds: [
    kinds.StatefulSet,
    kinds.Service,
    kinds.ConfigMap,
    kinds.Secret,
    kinds.PodDisruptionBudget,
    kinds.Pod,
    kinds.PersistentVolumeClaim,
  ],
  permissions: storePermissions,
  isEnabled: () => true,
  credentials: (stack) => (stack.kafka.mode === 'External' ? [] : [credentialsOf(stack)]),
  inputs: (stack) => (stack.kafka.mode === 'External' ? [inputOf(stack)] : []),
  desired: buildDesired,
  gather: gatherKafka,
  readiness: judgeKafka,
  report: reportKafka,
  // What cannot start is replaced before anything waits for it; the quorum is whole before anything is put into it;
  // pods restart when all that needs no restart is done.
  actions: [replace, votes, users, topics, rights, settings, copies, roll, grow],
});

/** 32 characters of 62: 190 bits. The id of the cluster is no secret, but it has to live and die with the passwords. */
function credentialsOf(stack: CompleteStack): CredentialRequest {
  const password: CredentialKey = { kind: 'password', length: 32 };
  return {
    name: kafkaNames(stack).credentials,
    keys: {
      [credentialKeys.clusterId]: { kind: 'uuid' },
      [credentialKeys.broker]: password,
      [credentialKeys.admin]: password,
      ...Object.fromEntries(clientServices.map((service) => [credentialKeys.service(service), password])),
    },
  };
}

function inputOf(stack: CompleteStack): SecretInput {
  return { name: stack.kafka.connectionSecretName ?? '', keys: ['bootstrapServers'] };
}
