import type { CompleteStack } from '../../api/v1beta1/complete-stack.ts';
import { readClaim } from '../../objects/claims.ts';
import { findPodProblem } from '../../objects/pod-problem.ts';
import { readStatefulPods, readStatefulSet } from '../../objects/stateful-pods.ts';
import type { Reader, SecretValues } from '../contract.ts';
import { askNode } from './ask.ts';
import { gatherExternal } from './gather-external.ts';
import { adminUser, credentialKeys, redisNames, redisPort, shapeOf } from './names.ts';
import type { Answer, BuiltinObserved, Observed, PasswordHashes, RedisPod } from './observed.ts';
import { hashPassword } from './password.ts';
import { buildTopology } from './topology.ts';

/** Asks the caches for the pods, and every pod for its view of the cluster: one round trip each, all at once. */
export function gatherRedis(stack: CompleteStack, reader: Reader): Promise<Observed> {
  return stack.redis.mode === 'External' ? gatherExternal(stack, reader) : gatherBuiltin(stack, reader);
}

async function gatherBuiltin(stack: CompleteStack, reader: Reader): Promise<BuiltinObserved> {
  const names = redisNames(stack);
  const secret = reader.secret(names.credentials);
  const livePods = reader.list('Pod');
  const pods = readStatefulPods(livePods, names.statefulSet);
  const { namespace } = stack;
  const answers = await askPods(pods, secret, reader.signal);
  return {
    mode: 'Builtin',
    recorded: reader.recorded,
    passwordHashes: secret === undefined ? undefined : hashPasswords(secret),
    statefulSet: readStatefulSet(
      reader.live({ apiVersion: 'apps/v1', kind: 'StatefulSet', namespace, name: names.statefulSet }),
    ),
    pods,
    podProblem: findPodProblem(livePods),
    claims: reader.list('PersistentVolumeClaim').map(readClaim),
    answers,
    topology: buildTopology(pods, answers, shapeOf(stack)),
  };
}

async function askPods(
  pods: readonly RedisPod[],
  secret: SecretValues | undefined,
  signal: AbortSignal,
): Promise<ReadonlyMap<string, Answer>> {
  if (secret === undefined) {
    return new Map();
  }
  const login = { username: adminUser, password: secret[credentialKeys.admin] ?? '' };
  const answered = pods.map(async ({ name, uid, address }) => {
    const target = { key: uid, host: address ?? '', port: redisPort };
    return address === undefined ? [] : [[name, await askNode(target, login, signal)] as const];
  });
  return new Map((await Promise.all(answered)).flat());
}

/** As the server keeps them: hex of the SHA-256. */
function hashPasswords(secret: SecretValues): PasswordHashes {
  return {
    admin: hashPassword(secret[credentialKeys.admin] ?? ''),
    services: hashPassword(secret[credentialKeys.services] ?? ''),
  };
}
