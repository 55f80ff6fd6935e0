import { kinds } from '../../api/kinds.ts';
import type { CompleteStack } from '../../api/v1beta1/complete-stack.ts';
import { storePermissions } from '../../objects/permissions.ts';
import { type CredentialRequest, defineComponent, type SecretInput } from '../contract.ts';
import { configure } from './actions/configure.ts';
import { form } from './actions/form.ts';
import { grow } from './actions/grow.ts';
import { repair } from './actions/repair.ts';
import { replace, roll } from './actions/roll.ts';
import { scale } from './actions/scale.ts';
import { buildDesired } from './desired/index.ts';
import { gatherRedis } from './gather.ts';
import { credentialKeys, redisComponent, redisNames } from './names.ts';
import type { Observed } from './observed.ts';
import { judgeRedis } from './readiness.ts';
import { reportRedis } from './report.ts';

/** Redis: a Redis Cluster of our own pods, or one that somebody else runs. */
export const redis = defineComponent<Observed>({
  name: redisComponent,
  conditionType: 'RedisReady',
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
  credentials: (stack) => (stack.redis.mode === 'External' ? [] : [credentialsOf(stack)]),
  inputs: (stack) => (stack.redis.mode === 'External' ? [inputOf(stack)] : []),
  desired: buildDesired,
  gather: gatherRedis,
  readiness: judgeRedis,
  report: reportRedis,
  // What cannot work is replaced before anything waits for it; the cluster is whole before it changes its shape; it has
  // its shape before pods restart for a new template.
  actions: [replace, form, repair, configure, scale, roll, grow],
});

/** 32 characters of 62: 190 bits, beyond guessing even from the unsalted hash in the ACL file. */
function credentialsOf(stack: CompleteStack): CredentialRequest {
  return {
    name: redisNames(stack).credentials,
    keys: {
      [credentialKeys.admin]: { kind: 'password', length: 32 },
      [credentialKeys.services]: { kind: 'password', length: 32 },
    },
  };
}

/** Whether it has `nodes`, or `host` and `port`, is judged by readiness: either will do. */
function inputOf(stack: CompleteStack): SecretInput {
  return { name: stack.redis.connectionSecretName ?? '', keys: ['password'] };
}
