import { spawn } from 'node:child_process';
import { once } from 'node:events';
import test from 'ava';
import { startProcess, untilStatus } from '#chassis/testing/service-process.ts';
import { waitFor } from '#lab/control-plane/wait.ts';
import { startElasticsearch } from '#lab/stores/elasticsearch.ts';

const main = new URL('./main.ts', import.meta.url);

test('a process is ready with Elasticsearch alone, follows its fate, and ends cleanly under load', async (t) => {
  t.timeout(240_000);
  const cluster = await startElasticsearch();
  t.teardown(() => cluster.close());
  const [node] = cluster.nodes;
  // Neither Kafka nor the product service is there: answers may be old, but they are answers.
  const environment = {
    APP_ELASTICSEARCH_URLS: node?.url,
    APP_UPSTREAM_PRODUCT: 'http://127.0.0.1:1',
    APP_KAFKA_BOOTSTRAP_SERVERS: '127.0.0.1:1',
    APP_SHUTDOWN_DELAY_MS: '3000',
  };
  const { child, url } = await startProcess(t, main, environment);
  await untilStatus(`${url}/health`, 200);
  const health = (await (await fetch(`${url}/health`)).json()) as { status: string; checks: Record<string, string> }; // described so
  t.deepEqual(health, { status: 'degraded', checks: { elasticsearch: 'ok', kafka: 'failed' } });
  await untilStatus(`${url}/api/v1/search?q=lamp`, 200);
  const unknown = await fetch(`${url}/api/v1/search?category=lamps`);
  t.deepEqual([unknown.status, unknown.headers.get('retry-after')], [503, '2'], 'no category is known yet');

  await node?.stop();
  t.log(`elasticsearch stopped: 503 after ${await untilStatus(`${url}/health`, 503)} ms`);
  const failed = await fetch(`${url}/api/v1/search?q=lamp`);
  t.deepEqual([failed.status, failed.headers.get('content-type')], [503, 'application/problem+json']);
  await node?.start();
  t.log(`elasticsearch started: 200 after ${await untilStatus(`${url}/health`, 200)} ms`);

  const statuses: number[] = [];
  let isStopping = false;
  const caller = async (): Promise<void> => {
    while (!isStopping) {
      const answer = await fetch(`${url}/api/v1/search?q=lamp`);
      await answer.text();
      statuses.push(answer.status);
    }
  };
  const callers = Array.from({ length: 8 }, caller);
  await waitFor('every caller has been answered', () => Promise.resolve(statuses.length >= 8), { timeoutMs: 20_000 });
  const exited = once(child, 'exit');
  child.kill('SIGTERM');
  await untilStatus(`${url}/health`, 503);
  isStopping = true;
  await Promise.all(callers);
  t.deepEqual(await exited, [0, null]);
  t.true(statuses.every((status) => status === 200));
});

test('a process without its environment says all that is missing and ends with 2', async (t) => {
  const child = spawn(process.execPath, [main.pathname], {
    env: { APP_SEARCH_PREFIX: 'No Good', APP_ELASTICSEARCH_URL: 'x' },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let text = '';
  child.stderr.on('data', (chunk: Buffer) => {
    text += chunk.toString();
  });
  t.deepEqual(await once(child, 'exit'), [2, null]);
  const parts = ['APP_INTERNAL_KEY is not set', 'APP_UPSTREAM_PRODUCT is not set', 'APP_SEARCH_PREFIX="No Good"'];
  for (const part of [...parts, 'did you mean APP_ELASTICSEARCH_URLS?']) t.true(text.includes(part), part);
});
