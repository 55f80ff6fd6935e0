import type { JsonObject } from '../../api/kubernetes.ts';
import type { CompleteStack } from '../../api/v1beta1/complete-stack.ts';
import type { LiveObject } from '../../kube/live-object.ts';
import { podStatus, workloadStatus } from '../../objects/live-status.ts';
import { findPodProblem } from '../../objects/pod-problem.ts';
import type { Reader, SecretValues } from '../contract.ts';
import { askNode } from './ask.ts';
import { gatherExternal } from './gather-external.ts';
import { adminUser, credentialKeys, redisNames, redisPort, shapeOf } from './names.ts';
import type {
  Answer,
  BuiltinObserved,
  Observed,
  ObservedClaim,
  ObservedStatefulSet,
  PasswordHashes,
  RedisPod,
} from './observed.ts';
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
  const pods = livePods.flatMap((live) => readPod(live, names.statefulSet)).sort((a, b) => a.ordinal - b.ordinal);
  const answers = await askPods(pods, secret, reader.signal);
  return {
    mode: 'Builtin',
    recorded: reader.recorded,
    passwordHashes: secret === undefined ? undefined : hashPasswords(secret),
    statefulSet: readStatefulSet(stack, reader),
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

function readStatefulSet(stack: CompleteStack, reader: Reader): ObservedStatefulSet | undefined {
  const { namespace } = stack;
  const live = reader.live({
    apiVersion: 'apps/v1',
    kind: 'StatefulSet',
    namespace,
    name: redisNames(stack).statefulSet,
  });
  if (live === undefined || live.deleting) {
    return undefined;
  }
  const status = workloadStatus(live);
  return {
    uid: live.uid,
    replicas: status.specReplicas ?? 0,
    updateRevision: (status.observedGeneration ?? 0) >= live.generation ? status.updateRevision : undefined,
  };
}

function readPod(live: LiveObject, statefulSet: string): readonly RedisPod[] {
  const ordinal = Number(live.ref.name.slice(statefulSet.length + 1));
  if (!live.ref.name.startsWith(`${statefulSet}-`) || !Number.isInteger(ordinal)) {
    return [];
  }
  const status = podStatus(live);
  return [
    {
      name: live.ref.name,
      ordinal,
      uid: live.uid,
      address: status.podIP === undefined || status.podIP === '' ? undefined : status.podIP,
      machine: status.nodeName,
      revision: live.labels['controller-revision-hash'],
      isReady: status.ready === true,
      isDeleting: live.deleting,
    },
  ];
}

function readClaim(live: LiveObject): ObservedClaim {
  return { name: live.ref.name, phase: text(live.status, 'phase'), requested: text(live.status, 'requested') };
}

function text(status: JsonObject, field: string): string | undefined {
  const value = status[field];
  return typeof value === 'string' ? value : undefined;
}
