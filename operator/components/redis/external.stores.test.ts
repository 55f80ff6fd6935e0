import test, { type ExecutionContext } from 'ava';
import { startRedisCluster } from '../../../lab/stores/redis.ts';
import { aCompleteStack } from '../../testing/complete.ts';
import type { Reader, SecretValues } from '../contract.ts';
import { redis } from './index.ts';

const stack = aCompleteStack({ redis: { mode: 'External', connectionSecretRef: { name: 'theirs' } } });

function observe(secret: SecretValues) {
  const reader: Reader = {
    live: () => undefined,
    list: () => [],
    secret: () => secret,
    held: [],
    recorded: { identity: undefined, wasReady: false },
    signal: AbortSignal.timeout(20_000),
  };
  return redis.observe(stack, reader);
}

async function startTheirs(t: ExecutionContext) {
  const cluster = await startRedisCluster({ primaries: 3 });
  t.teardown(() => cluster.close());
  await cluster.whenHealthy();
  return cluster;
}

test.serial('a working external cluster is ready, with its version and its first address', async (t) => {
  const theirs = await startTheirs(t);
  const { readiness, report, plan } = await observe({ nodes: theirs.nodeList, password: theirs.password });
  t.is(readiness.state, 'ready', readiness.message);
  t.is(report.endpoint, theirs.nodeList.split(',')[0]);
  t.regex(report.version ?? '', /^\d/);
  t.is(plan, undefined);
});

test.serial('a wrong password, a wrong address and a broken cluster are told apart', async (t) => {
  const theirs = await startTheirs(t);
  const refused = await observe({ nodes: theirs.nodeList, password: 'wrong' });
  t.like(refused.readiness, { reason: 'AuthenticationFailed', terminal: false });
  t.regex(refused.readiness.message, /Check username and password in Secret theirs/);
  const nowhere = await observe({ nodes: '127.0.0.1:1', password: 'x' });
  t.like(nowhere.readiness, { reason: 'NodeUnreachable' });
  t.regex(nowhere.readiness.message, /ECONNREFUSED/);
  await theirs.nodes[1]?.stop('kill');
  await theirs.nodes[2]?.stop('kill');
  const secret = { nodes: theirs.nodeList, password: theirs.password };
  let verdict = await observe(secret);
  for (const end = performance.now() + 20_000; verdict.readiness.state === 'ready' && performance.now() < end; ) {
    verdict = await observe(secret);
  }
  t.like(verdict.readiness, { reason: 'ClusterNotOk' });
});

test.serial('a single server is refused, because the services need a cluster', async (t) => {
  const single = await startRedisCluster({ primaries: 3, formed: false, settings: { 'cluster-enabled': 'no' } });
  t.teardown(() => single.close());
  const { readiness } = await observe({ nodes: single.nodeList, password: single.password });
  t.like(readiness, { reason: 'ClusterModeRequired' });
  t.regex(readiness.message, /cluster-enabled yes/);
});
