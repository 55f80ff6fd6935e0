import { setTimeout as delay } from 'node:timers/promises';
import { waitFor } from '../../lab/control-plane/wait.ts';
import type { Bench, BenchOptions } from '../bench.ts';
import { cpuBetween, meterOf, readMeters } from '../harness/process-cpu.ts';
import { atMost, exactly, type Gate, type Section, type Table } from '../harness/report.ts';
import { createExternalStacks } from '../rig/external-stacks.ts';
import { isReady, type LiveCluster, startLiveCluster } from '../rig/live-cluster.ts';
import type { OperatorProgram } from '../rig/operator-program.ts';
import { serverMeters } from '../rig/server.ts';

const stackCount = 5;
const quickStackCount = 2;
const quickMinutes = 0.25;
/** How long nobody must have asked anything before the watch over an unchanged cluster begins, milliseconds. */
const settleMs = 5_000;
/** What `connectionSecretRef` names in examples/external-stores.yaml. */
const userSecrets = new Set(['shop-database', 'shop-cache', 'shop-events', 'shop-search']);

/** Ready stacks that nobody changes, then one changed field, then a killed operator: what each costs. */
export const idleBench: Bench = {
  name: 'idle',
  title: 'ready stacks that nobody changes, and one that somebody does',
  async run(options) {
    const count = options.quick ? quickStackCount : stackCount;
    await using cluster = await startLiveCluster({ audit: true });
    await using stores = await createExternalStacks(cluster.admin, count);
    const operator = await cluster.startOperator();
    await using _operator = operator;
    await cluster.whenStacks(`${count} stacks are ready`, isReady);
    await cluster.whenQuiet(settleMs);
    const idle = await watchIdle(cluster, operator, options);
    const changed = await changeOneField(cluster, stores.namespaces[0] ?? '');
    const restarted = await restart(cluster, operator, stores.namespaces);
    return toSection(count, [idle, changed, restarted]);
  },
};

/** One part of the bench. */
interface Part {
  readonly gates: readonly Gate[];
  readonly tables?: readonly Table[];
  /** What the operator asked, when that was more than allowed. */
  readonly requests: string;
}

async function watchIdle(cluster: LiveCluster, operator: OperatorProgram, options: BenchOptions): Promise<Part> {
  const minutes = options.quick ? quickMinutes : options.minutes;
  const kinds = await watchedKinds(cluster);
  const meters = [meterOf('operator', operator.pid), ...serverMeters(cluster.server)];
  options.say(`idle: watching for ${minutes} min`);
  await cluster.requests.mark();
  const before = readMeters(meters);
  await delay(minutes * 60_000);
  const cpu = cpuBetween(before, readMeters(meters));
  const { childWrites, statusWrites, otherWrites, reads, watches } = await cluster.requests.counts();
  return {
    gates: [
      exactly('unchanged: writes', childWrites + statusWrites + otherWrites, 0),
      atMost('unchanged: requests per watched kind and minute', watches / kinds / minutes, 0.25),
    ],
    tables: [
      {
        title: `${minutes} min without a change, ${kinds} watched kinds; CPU in percent of one core`,
        columns: ['watches opened again', 'reads', 'operator CPU', 'kube-apiserver CPU', 'etcd CPU'],
        rows: [
          [watches, reads, ...['operator', 'kube-apiserver', 'etcd'].map((name) => (cpu[name] ?? 0) / minutes / 600)],
        ],
      },
    ],
    requests: await cluster.requests.describe(),
  };
}

async function watchedKinds({ requests }: LiveCluster): Promise<number> {
  const watches = (await requests.all()).filter(({ verb }) => verb === 'watch');
  return new Set(watches.map(({ objectRef }) => `${objectRef?.apiGroup}/${objectRef?.resource}`)).size;
}

async function changeOneField(cluster: LiveCluster, namespace: string): Promise<Part> {
  const ref = { apiVersion: 'ecommerce.stack/v1beta1', kind: 'EcommerceStack', namespace, name: 'shop' };
  await cluster.requests.mark();
  await cluster.admin.patch(ref, { spec: { services: { gateway: { env: { APP_LOG_LEVEL: 'debug' } } } } });
  await cluster.whenStacks('the changed stack is ready again', isReady);
  await cluster.whenQuiet(settleMs);
  const { childWrites, statusWrites, reads } = await cluster.requests.counts();
  // The user's Secrets carry no label of ours, so no watch shows them: they are read again when 15 s have passed.
  const ofUser = (await cluster.requests.since()).filter(
    ({ verb, objectRef }) => verb === 'get' && userSecrets.has(objectRef?.name ?? ''),
  ).length;
  return {
    gates: [
      exactly('one changed field: child writes', childWrites, 1),
      atMost('one changed field: status writes', statusWrites, 2),
      exactly("one changed field: reads, those of the user's own Secrets left out", reads - ofUser, 0),
      atMost("one changed field: reads of the user's own Secrets", ofUser, userSecrets.size),
    ],
    requests: await cluster.requests.describe(),
  };
}

/** SIGKILL, a new process, and wait until it has judged every stack. */
async function restart(cluster: LiveCluster, old: OperatorProgram, namespaces: readonly string[]): Promise<Part> {
  await old.kill();
  await cluster.requests.mark();
  await using operator = await cluster.startOperator();
  const hasJudged = async () => {
    const ready = await Promise.all(
      namespaces.map((namespace) => operator.metric('ecommerce_stack_ready', { namespace, stack: 'shop' })),
    );
    return ready.every((value) => value === 1);
  };
  await waitFor('the new operator has judged every stack', hasJudged, { timeoutMs: 60_000 });
  await cluster.whenQuiet(settleMs);
  const { childWrites, statusWrites, otherWrites } = await cluster.requests.counts();
  return {
    gates: [exactly('killed and started again: writes', childWrites + statusWrites + otherWrites, 0)],
    requests: await cluster.requests.describe(),
  };
}

function toSection(count: number, parts: readonly Part[]): Section {
  const broken = parts.filter(({ gates }) => gates.some(({ isKept }) => !isKept));
  return {
    name: idleBench.name,
    title: idleBench.title,
    gates: parts.flatMap(({ gates }) => gates),
    ratios: [],
    tables: parts.flatMap(({ tables }) => tables ?? []),
    notes: [
      `${count} stacks of examples/external-stores.yaml with real PostgreSQL, Redis, Kafka and Elasticsearch servers; pods and their readiness are played.`,
      ...broken.map(({ requests }) => `requests behind a broken gate: ${requests}`),
    ],
  };
}
