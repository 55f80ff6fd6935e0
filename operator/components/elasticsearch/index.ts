import { kinds } from '../../api/kinds.ts';
import type { CompleteStack } from '../../api/v1beta1/complete-stack.ts';
import { storePermissions } from '../../objects/permissions.ts';
import { type CredentialRequest, defineComponent, type SecretInput } from '../contract.ts';
import { grow } from './actions/grow.ts';
import { release } from './actions/release.ts';
import { repository } from './actions/repository.ts';
import { replace, roll } from './actions/roll.ts';
import { scale } from './actions/scale.ts';
import { buildDesired } from './desired/index.ts';
import { gatherElasticsearch } from './gather.ts';
import { credentialKeys, elasticsearchComponent, elasticsearchNames } from './names.ts';
import type { Observed } from './observed.ts';
import { judgeElasticsearch } from './readiness.ts';
import { reportElasticsearch } from './report.ts';

/** Elasticsearch: nodes of our own pods with all roles each, or servers that somebody else runs. */
export const elasticsearch = defineComponent<Observed>({
  name: elasticsearchComponent,
  conditionType: 'ElasticsearchReady',
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
  credentials: (stack) => (stack.elasticsearch.mode === 'Builtin' ? [credentialsOf(stack)] : []),
  inputs: (stack) => (stack.elasticsearch.mode === 'External' ? [inputOf(stack)] : []),
  desired: buildDesired,
  gather: gatherElasticsearch,
  readiness: judgeElasticsearch,
  report: reportElasticsearch,
  // What cannot start is replaced before anything waits for it; what was held for a restart is released before the next.
  actions: [replace, release, scale, roll, grow, repository],
});

/** 32 characters of 62: 190 bits. The id of the stack is no secret, but it has to live and die with the password. */
function credentialsOf(stack: CompleteStack): CredentialRequest {
  return {
    name: elasticsearchNames(stack).credentials,
    keys: {
      [credentialKeys.stackId]: { kind: 'uuid' },
      [credentialKeys.password]: { kind: 'password', length: 32 },
      [credentialKeys.transportKey]: { kind: 'rsaPrivateKey', bits: 2048 },
    },
  };
}

function inputOf(stack: CompleteStack): SecretInput {
  return { name: stack.elasticsearch.connectionSecretName ?? '', keys: ['url'] };
}
