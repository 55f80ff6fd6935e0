import type { CompleteStack } from '../../api/v1beta1/complete-stack.ts';
import type { Readiness } from '../contract.ts';
import type { ExternalAnswer, ExternalObserved } from './observed.ts';

/** Somebody else's server sends no events: it is looked at every 15 s while it does not work. */
const retryAfterMs = 15_000;

/** Major versions whose interfaces the services use. */
const supportedMajors = [8, 9];

/** Whether the user's Elasticsearch can carry the shop: reachable, lets us in, serves all shards. */
export function judgeExternal({ secretProblem, answer }: ExternalObserved, stack: CompleteStack): Readiness {
  const secret = `Secret ${stack.elasticsearch.connectionSecretName} of namespace ${stack.namespace}`;
  if (secretProblem !== undefined) {
    return failed('InvalidConnectionSecret', `${secret} cannot be used: ${secretProblem}.`);
  }
  switch (answer.state) {
    case 'refused':
      return failed('AuthenticationFailed', `${answer.message}. Check username and password in ${secret}.`);
    case 'silent':
      return failed('NodeUnreachable', `${answer.message}. Check url and ca.crt in ${secret}, and firewalls.`);
    case 'up':
      return judgeServer(answer);
  }
}

function judgeServer({ version, health, nodes }: Extract<ExternalAnswer, { state: 'up' }>): Readiness {
  if (!supportedMajors.includes(Number.parseInt(version, 10))) {
    return failed(
      'VersionRefused',
      `The external Elasticsearch has version "${version}"; the services speak to ${supportedMajors.join(' and ')}. Upgrade it, or name another one.`,
    );
  }
  if (health === 'red') {
    return failed(
      'ShardsUnavailable',
      'The external Elasticsearch is red: shards have no primary. Ask whoever runs it; see its /_cluster/allocation/explain.',
    );
  }
  const message = `The external Elasticsearch ${version} of ${nodes} ${nodes === 1 ? 'node' : 'nodes'} is ${health}.`;
  return { state: 'ready', message };
}

function failed(reason: string, message: string): Readiness {
  return { state: 'failed', reason, message, terminal: false, retryAfterMs };
}
