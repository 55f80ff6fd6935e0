import test from 'ava';
import { startControlPlane } from '#lab/api.ts';
import type { LocalControlPlane } from '#lab/control-plane/local-control-plane.ts';
import { waitFor } from '#lab/control-plane/wait.ts';
import type { EcommerceStackSpec } from '../../operator/api/v1beta1/ecommerce-stack.ts';
import { rolloutManager } from '../../operator/objects/names.ts';
import { installOperator, startOperator } from '../support/operator-process.ts';
import { aManifest, apply, createNamespace, type getStack, waitForStack } from '../support/stacks.ts';
import { watchLines } from '../support/watch-lines.ts';

const namespace = 'scaling';
const name = 'shop-gateway';
type GatewaySpec = NonNullable<NonNullable<EcommerceStackSpec['services']>['gateway']>;

test('the number of pods changes hands between manifest and autoscaler without a flap', async (t) => {
  await using server = await startControlPlane({ audit: true });
  const kubeconfig = await installOperator(server);
  await createNamespace(server, namespace);
  const columns = 'jsonpath={.metadata.name} {.spec.replicas}{"\\n"}';
  await using watch = await watchLines(server, ['deployments', '-n', namespace, '-o', columns]);
  const counts = () => countsIn(watch.lines);
  const off = { enabled: false };
  const change = async (gateway: GatewaySpec) => {
    const others = { user: off, product: off, cart: off, inventory: off, search: off };
    await apply(server, aManifest(namespace, 'shop', { services: { gateway, ...others } }));
    return seen(server);
  };
  const counted = (...wanted: readonly number[]) =>
    waitFor('the number of pods', async () => counts().join(' ') === wanted.join(' '), {
      timeoutMs: 60_000,
      explain: () => `it was ${counts().join(' ')}`,
    });
  const autoscaling = { enabled: true, minReplicas: 2, maxReplicas: 6 };

  let operator = await startOperator(kubeconfig);
  t.teardown(() => operator.kill());
  // A Deployment is made without a number, which the API server takes for 1.
  await change({ replicas: 4 });
  await counted(1, 4);

  // Without metrics an autoscaler leaves what is between its bounds.
  await change({ autoscaling });
  await autoscalerHasLooked(server);
  await change({ autoscaling, env: { APP_LOG_LEVEL: 'debug' } });
  await templateHas(server, 'debug');
  t.deepEqual(counts(), [1, 4]);

  await change({ autoscaling: { ...autoscaling, maxReplicas: 3 } });
  await counted(1, 4, 3);
  await operator.kill();
  operator = await startOperator(kubeconfig);
  await change({ autoscaling: { ...autoscaling, maxReplicas: 3 }, env: { APP_LOG_LEVEL: 'warn' } });
  await templateHas(server, 'warn');
  t.deepEqual(counts(), [1, 4, 3]);

  // The former autoscaler stays until somebody else has done his part, and works on.
  await patchAutoscaler(server, { metadata: { finalizers: ['example.com/hold'] } });
  await change({ replicas: 5 });
  const isGoing = async () => (await autoscaler(server))?.metadata.deletionTimestamp !== undefined;
  await waitFor('the autoscaler is deleted', isGoing, { timeoutMs: 30_000 });
  t.deepEqual(counts(), [1, 4, 3]);
  await patchAutoscaler(server, { metadata: { finalizers: null } });
  await counted(1, 4, 3, 5);
  t.is(await autoscaler(server), undefined);

  await change({ autoscaling });
  await autoscalerHasLooked(server);
  t.deepEqual(counts(), [1, 4, 3, 5]);
  const applied = (await server.auditEvents()).filter(
    // A refused one is that in which the API server names the autoscaler as the owner.
    ({ verb, requestURI, responseStatus }) => verb === 'patch' && isScale(requestURI) && responseStatus?.code === 200,
  );
  t.is(applied.length, 2, applied.map(({ requestURI }) => requestURI).join('\n'));
});

/** The numbers of pods that the gateway's Deployment asked for, one after the other; lines are its name and number. */
function countsIn(lines: readonly string[]): readonly number[] {
  const counts = lines.filter((line) => line.startsWith(`${name} `)).map((line) => Number(line.split(' ')[1]));
  return counts.filter((count, index) => count !== counts[index - 1]);
}

/** Waits until the status speaks of the present manifest. */
function seen(server: LocalControlPlane) {
  const isSeen = ({ metadata, status }: Awaited<ReturnType<typeof getStack>>) =>
    status?.observedGeneration === metadata.generation;
  return waitForStack(server, `${namespace}/shop`, isSeen);
}

interface Autoscaler {
  readonly metadata: { readonly deletionTimestamp?: string };
  readonly status: { readonly conditions?: readonly { readonly type: string }[] };
}

async function autoscaler(server: LocalControlPlane): Promise<Autoscaler | undefined> {
  const text = await server.kubectl(['get', 'hpa', name, '-n', namespace, '--ignore-not-found', '-o', 'json']);
  // `as`: what kubectl prints of an autoscaler.
  return text.trim() === '' ? undefined : (JSON.parse(text) as Autoscaler);
}

async function autoscalerHasLooked(server: LocalControlPlane): Promise<void> {
  const hasLooked = async () => {
    const conditions = (await autoscaler(server))?.status.conditions ?? [];
    return conditions.some(({ type }) => type === 'ScalingActive');
  };
  await waitFor('the autoscaler has looked', hasLooked, { timeoutMs: 60_000 });
}

async function patchAutoscaler(server: LocalControlPlane, patch: object): Promise<void> {
  await server.kubectl(['patch', 'hpa', name, '-n', namespace, '--type=merge', '-p', JSON.stringify(patch)]);
}

async function templateHas(server: LocalControlPlane, text: string): Promise<void> {
  const args = ['get', 'deployment', name, '-n', namespace, '-o', 'jsonpath={.spec.template.spec.containers[0].env}'];
  await waitFor(`the template has ${text}`, async () => (await server.kubectl(args)).includes(`"${text}"`), {
    timeoutMs: 30_000,
  });
}

function isScale(requestUri: string): boolean {
  return requestUri.includes(`/deployments/${name}?`) && requestUri.includes(encodeURIComponent(rolloutManager));
}
