import test from 'ava';
import { startElasticsearch } from '../../../lab/stores/elasticsearch.ts';
import { aCompleteStack } from '../../testing/complete.ts';
import type { Reader, SecretValues } from '../contract.ts';
import { closeConnections } from './client.ts';
import { elasticsearch } from './index.ts';

const stack = aCompleteStack({ elasticsearch: { mode: 'External', connectionSecretRef: { name: 'theirs' } } });

function observe(secret: SecretValues) {
  const reader: Reader = {
    live: () => undefined,
    list: () => [],
    secret: () => secret,
    held: [],
    recorded: { identity: undefined, wasReady: false },
    signal: AbortSignal.timeout(20_000),
  };
  return elasticsearch.observe(stack, reader);
}

test.after.always(() => closeConnections());

test('an external server is ready when one of its nodes answers; a wrong address is named', async (t) => {
  t.timeout(240_000);
  const theirs = await startElasticsearch();
  t.teardown(() => theirs.close());
  const [node] = theirs.nodes;
  const url = `http://127.0.0.1:1,${node?.url}`;
  const { readiness, report, plan } = await observe({ url });
  t.is(readiness.state, 'ready', readiness.message);
  t.like(report, { version: '8.19.0', endpoint: url });
  t.is(plan, undefined);

  await node?.stop('kill');
  const gone = await observe({ url: node?.url ?? '' });
  t.like(gone.readiness, { reason: 'NodeUnreachable', terminal: false });
  t.regex(gone.readiness.message, /ECONNREFUSED.*Secret theirs/);
});
