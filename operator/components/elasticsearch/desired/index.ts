import type { ObjectRef } from '../../../api/kubernetes.ts';
import type { CompleteStack } from '../../../api/v1beta1/complete-stack.ts';
import type { LiveObject } from '../../../kube/live-object.ts';
import { workloadStatus } from '../../../objects/live-status.ts';
import type { Desired, DesiredContext, Held } from '../../contract.ts';
import { claimSizeLabel, credentialKeys, elasticsearchNames, versionLabel, wantedNodes } from '../names.ts';
import { complainAboutVersion } from '../version-step.ts';
import { buildConfig } from './config.ts';
import { buildDisruptionBudget } from './pdb.ts';
import { buildConnectionSecret, buildExternalConnectionSecret, buildUsersSecret } from './secrets.ts';
import { buildClientService, buildNodesService } from './services.ts';
import { buildStatefulSet } from './stateful-set.ts';

const nothing: Desired = { objects: [], held: [] };

/** All objects of a stack's Elasticsearch; none before the Secrets are there. */
export function buildDesired(stack: CompleteStack, context: DesiredContext): Desired {
  switch (stack.elasticsearch.mode) {
    case 'External':
      return buildExternal(stack, context);
    case 'ECK':
      return nothing;
    case 'Builtin':
      return buildBuiltin(stack, context);
  }
}

function buildExternal(stack: CompleteStack, context: DesiredContext): Desired {
  const secret = context.secret(stack.elasticsearch.connectionSecretName ?? '');
  return secret === undefined ? nothing : { objects: buildExternalConnectionSecret(stack, secret), held: [] };
}

function buildBuiltin(stack: CompleteStack, context: DesiredContext): Desired {
  const names = elasticsearchNames(stack);
  const { namespace } = stack;
  const credentials = context.secret(names.credentials);
  if (credentials === undefined) {
    return nothing;
  }
  const ref: ObjectRef = { apiVersion: 'apps/v1', kind: 'StatefulSet', namespace, name: names.statefulSet };
  const live = context.live(ref);
  const keeper = context.live({ apiVersion: 'v1', kind: 'Secret', namespace, name: names.credentials });
  const present = live === undefined ? 0 : (workloadStatus(live).specReplicas ?? 0);
  // Never fewer than there are: the action `Scale` takes nodes away once their shards are elsewhere.
  const nodes = Math.max(present, wantedNodes(stack));
  const claimSize = live?.labels[claimSizeLabel] ?? stack.elasticsearch.storage.size;
  const held = holdVersion(stack, live, ref);
  const stackId = credentials[credentialKeys.stackId] ?? '';
  return {
    objects: [
      buildConfig(stack, { stackId, nodes, isFormed: keeper?.identity !== undefined }),
      buildUsersSecret(stack, credentials),
      buildConnectionSecret(stack, nodes, credentials),
      buildNodesService(stack),
      buildClientService(stack),
      ...(held.length === 0 ? [buildStatefulSet(stack, { replicas: nodes, claimSize })] : []),
      ...buildDisruptionBudget(stack, nodes),
    ],
    held,
  };
}

/** With a version that must not follow the running one the StatefulSet stays, so that a lost pod comes back as it was. */
function holdVersion(stack: CompleteStack, live: LiveObject | undefined, ref: ObjectRef): readonly Held[] {
  const message = complainAboutVersion(stack, live?.labels[versionLabel]);
  return message === undefined ? [] : [{ ref, reason: 'VersionRefused', message }];
}
