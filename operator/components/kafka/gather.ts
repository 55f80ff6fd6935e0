import type { CompleteStack } from '../../api/v1beta1/complete-stack.ts';
import { readClaim } from '../../objects/claims.ts';
import { findPodProblem } from '../../objects/pod-problem.ts';
import { readStatefulSet, readStorePods } from '../../objects/stateful-pods.ts';
import type { Reader, SecretValues } from '../contract.ts';
import { askCluster } from './ask.ts';
import type { Access } from './client.ts';
import { gatherExternal } from './gather-external.ts';
import { adminUser, clientPort, credentialKeys, kafkaNames, wantedBrokers } from './names.ts';
import type { Answer, BuiltinObserved, KafkaPod, KnownCredentials, Observed } from './observed.ts';
import { serviceUsers } from './users.ts';

/** Asks the caches for the pods, and one of them for the cluster. */
export function gatherKafka(stack: CompleteStack, reader: Reader): Promise<Observed> {
  return stack.kafka.mode === 'External' ? gatherExternal(stack, reader) : gatherBuiltin(stack, reader);
}

async function gatherBuiltin(stack: CompleteStack, reader: Reader): Promise<BuiltinObserved> {
  const names = kafkaNames(stack);
  const { namespace } = stack;
  const secret = reader.secret(names.credentials);
  const livePods = reader.list('Pod');
  const pods = readStorePods(livePods, names.statefulSet);
  const statefulSet = readStatefulSet(
    reader.live({ apiVersion: 'apps/v1', kind: 'StatefulSet', namespace, name: names.statefulSet }),
  );
  return {
    mode: 'Builtin',
    recorded: reader.recorded,
    credentials: secret === undefined ? undefined : knownOf(secret),
    size: Math.max(statefulSet?.replicas ?? 0, wantedBrokers(stack)),
    statefulSet,
    pods,
    podProblem: findPodProblem(livePods),
    claims: reader.list('PersistentVolumeClaim').map(readClaim),
    answer: await askPods(pods, secret, { stack, signal: reader.signal }),
  };
}

function knownOf(secret: SecretValues): KnownCredentials {
  return {
    clusterId: secret[credentialKeys.clusterId] ?? '',
    iterations: Object.fromEntries(serviceUsers(secret).map(({ name, iterations }) => [name, iterations])),
  };
}

/** Ready pods first: a pod that starts may take the connection and answer late. */
function askPods(
  pods: readonly KafkaPod[],
  secret: SecretValues | undefined,
  context: { readonly stack: CompleteStack; readonly signal: AbortSignal },
): Promise<Answer> {
  const targets = pods
    .filter(({ isReady, isDeleting }) => isReady && !isDeleting)
    .flatMap(({ uid, address }) => (address === undefined ? [] : [{ key: uid, host: address, port: clientPort }]));
  return askCluster(targets, adminAccess(secret ?? {}), context);
}

/** The operator's own login. */
export function adminAccess(secret: SecretValues): Access {
  const password = secret[credentialKeys.admin] ?? '';
  return { login: { mechanism: 'scram-sha-512', username: adminUser, password }, ca: undefined };
}
