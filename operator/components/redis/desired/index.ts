import type { ObjectRef } from '../../../api/kubernetes.ts';
import type { CompleteStack } from '../../../api/v1beta1/complete-stack.ts';
import { workloadStatus } from '../../../objects/live-status.ts';
import type { Desired, DesiredContext } from '../../contract.ts';
import { claimSizeLabel, redisNames, shapeOf } from '../names.ts';
import { buildConfig } from './config.ts';
import { buildDisruptionBudget } from './pdb.ts';
import { buildConnectionSecret, buildExternalConnectionSecret, buildUsersSecret } from './secrets.ts';
import { buildClientService, buildNodesService } from './services.ts';
import { buildStatefulSet } from './stateful-set.ts';

const nothing: Desired = { objects: [], held: [] };

/** All objects of a stack's Redis; none before the Secrets are there. */
export function buildDesired(stack: CompleteStack, context: DesiredContext): Desired {
  return stack.redis.mode === 'External' ? buildExternal(stack, context) : buildBuiltin(stack, context);
}

function buildExternal(stack: CompleteStack, context: DesiredContext): Desired {
  const secret = context.secret(stack.redis.connectionSecretName ?? '');
  return secret === undefined ? nothing : { objects: buildExternalConnectionSecret(stack, secret), held: [] };
}

function buildBuiltin(stack: CompleteStack, context: DesiredContext): Desired {
  const names = redisNames(stack);
  const credentials = context.secret(names.credentials);
  if (credentials === undefined) {
    return nothing;
  }
  const { namespace } = stack;
  const ref: ObjectRef = { apiVersion: 'apps/v1', kind: 'StatefulSet', namespace, name: names.statefulSet };
  const live = context.live(ref);
  const present = live === undefined ? 0 : (workloadStatus(live).specReplicas ?? 0);
  return {
    objects: [
      buildConfig(stack),
      buildUsersSecret(stack, credentials),
      buildConnectionSecret(stack, credentials),
      buildNodesService(stack),
      buildClientService(stack),
      buildStatefulSet(stack, {
        // Never fewer than there are: the action `Scale` takes nodes away once they are empty.
        replicas: Math.max(present, shapeOf(stack).pods),
        claimSize: live?.labels[claimSizeLabel] ?? stack.redis.storage.size,
      }),
      ...buildDisruptionBudget(stack),
    ],
    held: [],
  };
}
