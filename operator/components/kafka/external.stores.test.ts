import test from 'ava';
import { startKafka } from '../../../lab/stores/kafka.ts';
import { aCompleteStack } from '../../testing/complete.ts';
import type { ActionPorts, Observation, Reader } from '../contract.ts';
import { closeConnections } from './client.ts';
import { kafka } from './index.ts';

const stack = aCompleteStack({ kafka: { mode: 'External', connectionSecretRef: { name: 'shop-events' } } });
const admin = { username: 'admin', password: 'admin-secret' };

/** One pass over somebody else's Kafka, with what the user's Secret says. */
async function pass(secret: Readonly<Record<string, string>>): Promise<Observation> {
  const reader: Reader = {
    live: () => undefined,
    list: () => [],
    secret: () => secret,
    held: [],
    recorded: { identity: undefined, wasReady: false },
    signal: AbortSignal.timeout(30_000),
  };
  const observation = await kafka.observe(stack, reader);
  const planned = observation.plan;
  if (planned?.plan.kind === 'step') {
    const ports = { stack, secret: () => secret, signal: AbortSignal.timeout(30_000) };
    // No step about an external Kafka touches the cluster of Kubernetes.
    await planned.execute(planned.plan.step, ports as unknown as ActionPorts);
  }
  return observation;
}

test.after.always(closeConnections);

test.serial('an external Kafka gets the missing topics, then is ready', async (t) => {
  const cluster = await startKafka({ admin });
  t.teardown(() => cluster.close());
  const secret = { bootstrapServers: cluster.bootstrapServers.join(','), ...admin };
  const first = await pass(secret);
  t.like(first.readiness, { state: 'progressing', reason: 'TopicsPending' });
  const seen: string[] = [];
  let last = await pass(secret);
  for (const end = performance.now() + 60_000; last.readiness.state !== 'ready' && performance.now() < end; ) {
    seen.push(`${last.readiness.reason}: ${last.readiness.message}`);
    last = await pass(secret);
  }
  t.is(last.readiness.state, 'ready', seen.join('\n'));
  // A broker hears of new topics later than the controller: until then they are on their way, and never refused.
  t.deepEqual(
    seen.filter((line) => line.startsWith('TopicsMissing')),
    [],
  );
  t.is(last.plan, undefined);
  t.is(last.report.endpoint, secret.bootstrapServers);

  const refused = await pass({ ...secret, password: 'wrong' });
  t.like(refused.readiness, { reason: 'AuthenticationFailed' });
  t.regex(refused.readiness.message, /username, password and saslMechanism in Secret shop-events/);
});

test.serial('what cannot be used or reached is named with the next step', async (t) => {
  const cases = [
    [{ bootstrapServers: '' }, 'InvalidConnectionSecret', /names no server/],
    [{ bootstrapServers: 'a:1', saslMechanism: 'GSSAPI' }, 'InvalidConnectionSecret', /use PLAIN, SCRAM/],
    [{ bootstrapServers: '127.0.0.1:1' }, 'NodeUnreachable', /Check the addresses/],
  ] as const;
  for (const [secret, reason, message] of cases) {
    const { readiness } = await pass(secret);
    t.like(readiness, { reason });
    t.regex(readiness.message, message);
  }
});
