import { isIPv6 } from 'node:net';
import type { CompleteStack } from '../../api/v1beta1/complete-stack.ts';
import { readClaim } from '../../objects/claims.ts';
import { findPodProblem } from '../../objects/pod-problem.ts';
import { readStatefulSet, readStorePods } from '../../objects/stateful-pods.ts';
import type { Reader, SecretValues } from '../contract.ts';
import { askCluster, askLonely } from './ask.ts';
import type { ServerTarget } from './client.ts';
import { adminAccess } from './connection.ts';
import { gatherExternal } from './gather-external.ts';
import { elasticsearchNames, httpPort, versionLabel, wantedNodes } from './names.ts';
import type { Answer, BuiltinObserved, ElasticsearchPod, Observed } from './observed.ts';

/** Asks the caches for the pods, and one of them for the cluster. */
export function gatherElasticsearch(stack: CompleteStack, reader: Reader): Promise<Observed> {
  switch (stack.elasticsearch.mode) {
    case 'External':
      return gatherExternal(stack, reader);
    case 'ECK':
      return Promise.resolve({ mode: 'ECK' });
    case 'Builtin':
      return gatherBuiltin(stack, reader);
  }
}

async function gatherBuiltin(stack: CompleteStack, reader: Reader): Promise<BuiltinObserved> {
  const names = elasticsearchNames(stack);
  const { namespace } = stack;
  const secret = reader.secret(names.credentials);
  const livePods = reader.list('Pod');
  const pods = readStorePods(livePods, names.statefulSet);
  const live = reader.live({ apiVersion: 'apps/v1', kind: 'StatefulSet', namespace, name: names.statefulSet });
  const statefulSet = readStatefulSet(live);
  return {
    mode: 'Builtin',
    recorded: reader.recorded,
    hasCredentials: secret !== undefined,
    size: Math.max(statefulSet?.replicas ?? 0, wantedNodes(stack)),
    statefulSet,
    templateVersion: live?.labels[versionLabel],
    pods,
    podProblem: findPodProblem(livePods),
    claims: reader.list('PersistentVolumeClaim').map(readClaim),
    answer: await askPods(pods, secret ?? {}, reader.signal),
  };
}

/** A pod is ready when its node has a master; when none is, the nodes are asked for themselves. */
async function askPods(pods: readonly ElasticsearchPod[], secret: SecretValues, signal: AbortSignal): Promise<Answer> {
  const access = adminAccess(secret);
  const ready = pods.filter(({ isReady, isDeleting }) => isReady && !isDeleting);
  const answer = await askCluster(targetsOf(ready), access, signal);
  return answer.state === 'silent' ? { ...answer, lonely: await askLonely(targetsOf(pods), access, signal) } : answer;
}

function targetsOf(pods: readonly ElasticsearchPod[]): readonly ServerTarget[] {
  return pods.flatMap(({ address }) =>
    address === undefined ? [] : [{ url: `http://${isIPv6(address) ? `[${address}]` : address}:${httpPort}` }],
  );
}
