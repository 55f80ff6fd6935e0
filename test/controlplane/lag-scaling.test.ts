import test from 'ava';
import { startControlPlane } from '#lab/api.ts';
import type { LocalControlPlane } from '#lab/control-plane/local-control-plane.ts';
import { waitFor } from '#lab/control-plane/wait.ts';
import { type ExternalQuestion, MetricsApi, metricsApiArguments } from '../support/metrics-api.ts';
import { installOperator, startOperator } from '../support/operator-process.ts';
import { listObjects } from '../support/read-objects.ts';
import { aManifest, apply, createNamespace, waitForStack } from '../support/stacks.ts';

const namespace = 'lag';
const name = 'shop-search';
const externalGroup = 'external.metrics.k8s.io';
const off = { enabled: false };

/** The search alone, with an autoscaler that looks at its consumer: one pod for a hundred events. */
const services = {
  ...{ gateway: off, user: off, product: off, cart: off, inventory: off },
  search: {
    env: { APP_UPSTREAM_PRODUCT: 'http://product.example' },
    autoscaling: {
      enabled: true,
      minReplicas: 2,
      maxReplicas: 6,
      external: [{ metric: 'kafka_consumer_lag_events', selector: { group: 'search.indexing' }, averageValue: 100 }],
    },
  },
};

test('lag brings pods; while it cannot be read CPU does, none are taken away, and the status says so', async (t) => {
  await using server = await startControlPlane({ apiServerArguments: metricsApiArguments });
  const measured = { lag: 0, cpu: '1m' };
  const questions: ExternalQuestion[] = [];
  await using metrics = await MetricsApi.start({
    external: (question) => {
      questions.push(question);
      return measured.lag;
    },
    pods: async () => (await podNames(server)).map((pod) => ({ name: pod, cpu: measured.cpu, memory: '10Mi' })),
  });
  await metrics.register(server, 'metrics.k8s.io');
  await metrics.register(server, externalGroup);
  const kubeconfig = await installOperator(server);
  const operator = await startOperator(kubeconfig);
  t.teardown(() => operator.kill());
  await createNamespace(server, namespace);
  await apply(server, aManifest(namespace, 'shop', { services }));
  await counted(server, 2);
  await startPods(server);
  await scaling(server, 'True', 'ValidMetricFound');

  measured.lag = 450;
  await counted(server, 5);
  t.deepEqual(questions.at(-1), {
    namespace,
    metric: 'kafka_consumer_lag_events',
    labelSelector: 'group=search.indexing',
  });
  t.deepEqual(await warnings(server, (found) => found.length === 0), []);

  // Two pods would do for the little CPU that is used, but nobody knows how much waits for them.
  await metrics.unregister(server, externalGroup);
  await scaling(server, 'False', 'FailedGetExternalMetric');
  const [warning = ''] = await warnings(server, (found) => found.length > 0);
  t.regex(
    warning,
    /^search: autoscaler shop-search leaves the number of pods as it is \(FailedGetExternalMetric: .*kafka_consumer_lag_events/,
  );
  t.log(warning);
  t.is(await replicas(server), 5);

  measured.cpu = '40m';
  await counted(server, 6);
  await scaling(server, 'True', 'ValidMetricFound');
  t.deepEqual(await warnings(server, (found) => found.length === 0), []);
});

async function podNames(server: LocalControlPlane): Promise<readonly string[]> {
  const pods = await listObjects(server, namespace, 'pods');
  return pods.map(({ metadata }) => metadata.name).filter((pod) => pod.startsWith(`${name}-`));
}

/** There is no node: pods of the search run because we say so. */
async function startPods(server: LocalControlPlane): Promise<void> {
  const pods = await waitFor('two pods', async () => twoOf(await podNames(server)), { timeoutMs: 30_000 });
  const since = new Date(Date.now() - 60_000).toISOString();
  const ready = { type: 'Ready', status: 'True', lastTransitionTime: since };
  const patch = JSON.stringify({ status: { phase: 'Running', startTime: since, conditions: [ready] } });
  for (const pod of pods) {
    await server.kubectl(['patch', 'pod', pod, '-n', namespace, '--subresource=status', '--type=merge', '-p', patch]);
  }
}

function twoOf(pods: readonly string[]): readonly string[] | undefined {
  return pods.length === 2 ? pods : undefined;
}

async function replicas(server: LocalControlPlane): Promise<number> {
  const path = ['get', 'deployment', name, '-n', namespace, '-o', 'jsonpath={.spec.replicas}'];
  return Number(await server.kubectl(path));
}

async function counted(server: LocalControlPlane, wanted: number): Promise<void> {
  await waitFor(`${wanted} pods are asked for`, async () => (await replicas(server)) === wanted, {
    timeoutMs: 60_000,
    intervalMs: 500,
    explain: () => describe(server),
  });
}

/** Waits until the autoscaler says so of its metrics. */
async function scaling(server: LocalControlPlane, status: string, reason: string): Promise<void> {
  const condition = '{range .status.conditions[?(@.type=="ScalingActive")]}{.status} {.reason}{end}';
  const look = () => server.kubectl(['get', 'hpa', name, '-n', namespace, '-o', `jsonpath=${condition}`]);
  await waitFor(`ScalingActive ${status} ${reason}`, async () => (await look()) === `${status} ${reason}`, {
    timeoutMs: 60_000,
    intervalMs: 500,
    explain: () => describe(server),
  });
}

function describe(server: LocalControlPlane): Promise<string> {
  return server.kubectl(['describe', 'hpa', name, '-n', namespace]);
}

/** What the status warns of in the search, once it is as wanted. */
async function warnings(
  server: LocalControlPlane,
  accept: (warnings: readonly string[]) => boolean,
): Promise<readonly string[]> {
  const of = (found: readonly string[] = []) => found.filter((text) => text.startsWith('search:'));
  const stack = await waitForStack(server, `${namespace}/shop`, ({ status }) => accept(of(status?.warnings)));
  return of(stack.status?.warnings);
}
