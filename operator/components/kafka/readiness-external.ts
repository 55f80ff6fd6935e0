import type { CompleteStack } from '../../api/v1beta1/complete-stack.ts';
import type { Readiness } from '../contract.ts';
import type { ExternalObserved } from './observed.ts';

/** Somebody else's server sends no events: it is looked at every 15 s while it does not work. */
const retryAfterMs = 15_000;

/** Whether the user's Kafka can carry the shop: reachable, lets us in, has the topics. */
export function judgeExternal({ secretProblem, answer }: ExternalObserved, stack: CompleteStack): Readiness {
  const secret = `Secret ${stack.kafka.connectionSecretName} of namespace ${stack.namespace}`;
  if (secretProblem !== undefined) {
    return failed('InvalidConnectionSecret', `${secret} cannot be used: ${secretProblem}.`);
  }
  switch (answer.state) {
    case 'refused':
      return failed(
        'AuthenticationFailed',
        `${answer.message}. Check username, password and saslMechanism in ${secret}.`,
      );
    case 'silent':
      return failed('NodeUnreachable', `${answer.message}. Check the addresses and tls in ${secret}, and firewalls.`);
    case 'up':
      return judgeTopics(answer);
  }
}

function judgeTopics({ missing, refusal, brokers }: Extract<ExternalObserved['answer'], { state: 'up' }>): Readiness {
  if (missing.length === 0) {
    return { state: 'ready', message: `The external Kafka of ${brokers} brokers has every topic.` };
  }
  if (refusal === undefined) {
    const message = `${missing.length} topics are missing and are being created.`;
    return { state: 'progressing', reason: 'TopicsPending', message, retryAfterMs: 500 };
  }
  const names = `${missing.slice(0, 5).join(', ')}${missing.length > 5 ? ` and ${missing.length - 5} more` : ''}`;
  return failed(
    'TopicsMissing',
    `Topics are missing (${names}) and cannot be created: ${refusal}. Create them, or give the user the right to.`,
  );
}

function failed(reason: string, message: string): Readiness {
  return { state: 'failed', reason, message, terminal: false, retryAfterMs };
}
