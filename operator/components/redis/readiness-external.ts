import type { CompleteStack } from '../../api/v1beta1/complete-stack.ts';
import { type Readiness, watchIntervalMs } from '../contract.ts';
import type { Answer, ExternalObserved } from './observed.ts';

/** Somebody else's server sends no events: it is looked at every 15 s while it does not work. */
const retryAfterMs = 15_000;

/** Whether the user's Redis can carry the shop: reachable, lets us in, is a cluster, and that cluster works. */
export function judgeExternal(observed: ExternalObserved, stack: CompleteStack): Readiness {
  const secret = `Secret ${stack.redis.connectionSecretName} of namespace ${stack.namespace}`;
  if (observed.secretProblem !== undefined) {
    return failed('InvalidConnectionSecret', `${secret} cannot be used: ${observed.secretProblem}.`);
  }
  const answered = observed.nodes.filter(({ answer }) => answer.state === 'up' || answer.state === 'loading');
  const refused = observed.nodes.map(({ answer }) => answer).find(({ state }) => state === 'refused');
  if (refused !== undefined) {
    return failed('AuthenticationFailed', `${messageOf(refused)}. Check username and password in ${secret}.`);
  }
  if (answered.length === 0) {
    const reasons = observed.nodes.map(({ answer }) => messageOf(answer)).join('; ');
    return failed('NodeUnreachable', `${reasons}. Check the addresses in ${secret}, and firewalls.`);
  }
  return judgeAnswers(observed, secret);
}

function judgeAnswers({ nodes }: ExternalObserved, secret: string): Readiness {
  const up = nodes.flatMap(({ address, answer }) => (answer.state === 'up' ? [{ address, facts: answer.facts }] : []));
  const [first] = up;
  if (first === undefined) {
    return failed('NodeLoading', 'The external Redis reads its data; it cannot be used yet.');
  }
  const single = up.find(({ facts }) => !facts.isCluster);
  if (single !== undefined) {
    const message = `Redis at ${single.address} is a single server; the shop's services need a Redis Cluster (cluster-enabled yes). Name the nodes of a cluster in ${secret}.`;
    return failed('ClusterModeRequired', message);
  }
  const broken = up.find(({ facts }) => !facts.isStateOk);
  return broken === undefined
    ? {
        state: 'ready',
        retryAfterMs: watchIntervalMs,
        message: `The external Redis Cluster at ${first.address} works.`,
      }
    : failed(
        'ClusterNotOk',
        `Node ${broken.address} of the external Redis Cluster says that its state is fail; see CLUSTER INFO there.`,
      );
}

function failed(reason: string, message: string): Readiness {
  return { state: 'failed', reason, message, terminal: false, retryAfterMs };
}

function messageOf(answer: Answer): string {
  return 'message' in answer ? answer.message : answer.state;
}
