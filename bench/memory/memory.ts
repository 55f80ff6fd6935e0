import { waitFor } from '../../lab/control-plane/wait.ts';
import { kinds } from '../../operator/api/kinds.ts';
import type { KubernetesObject } from '../../operator/api/kubernetes.ts';
import type { EcommerceStack } from '../../operator/api/v1beta1/ecommerce-stack.ts';
import { leaveCredentials, readCredentials } from '../apply/course.ts';
import type { Bench } from '../bench.ts';
import { notInQuickRuns, type Section, type Table } from '../harness/report.ts';
import { type LiveCluster, startLiveCluster } from '../rig/live-cluster.ts';
import { readExample, stackIn } from '../rig/manifests.ts';
import type { OperatorProgram } from '../rig/operator-program.ts';
import { measureComposition } from './composition.ts';
import { copyImage } from './image-copy.ts';
import { memorySetups } from './setups.ts';
import { measureStackCost } from './stack-cost.ts';
import { type Footprint, footprintOf, type Setup, startSubject } from './subject.ts';

/** MiB with one stack. */
const baseTarget = 90;
/** KiB for each more. */
const perStackTarget = 64;
/** How long nothing must have been written, milliseconds. */
const settleMs = 3_000;
/** Stacks that are made at the same time. */
const batch = 10;

/** Resident memory of the operator with one stack and with many. */
export const memoryBench: Bench = {
  name: 'memory',
  title: 'resident memory of the operator',
  async run({ quick, stacks, say }) {
    if (quick) {
      return notInQuickRuns(memoryBench, 'memory is no count');
    }
    const copy = await copyImage();
    const composition = await measureComposition(copy);
    await using cluster = await startLiveCluster({ audit: false });
    const setups = memorySetups(copy);
    const [image] = setups;
    await createStacks(cluster, [], 0, 1);
    say('memory: one stack, each setup');
    const bases: Measured[] = [];
    for (const setup of setups) {
      bases.push(await measureStarted(cluster, setup));
    }
    say(`memory: ${stacks} stacks`);
    const grown = await growTo(cluster, image, stacks);
    const restarted = await measureStarted(cluster, image);
    const cost = await measureStackCost(cluster.server.kubeconfigPath);
    return toSection({ composition, cost, bases, grown, restarted, stacks });
  },
};

interface Measured extends Footprint {
  readonly what: string;
  readonly readyMs: number;
}

async function measureStarted(cluster: LiveCluster, setup: Setup): Promise<Measured> {
  await using operator = await startSubject(cluster, setup);
  await settled(cluster, operator);
  return { what: setup.what, readyMs: operator.readyMs, ...(await footprintOf(operator)) };
}

/** One process that sees the stacks come. */
async function growTo(cluster: LiveCluster, setup: Setup, stacks: number): Promise<Measured> {
  await using operator = await startSubject(cluster, setup);
  // An RSA key takes longer than all the rest, so the others get those of the first.
  const credentials = await readCredentials(cluster.admin, namespaceOf(0));
  for (let from = 1; from < stacks; from += batch) {
    await createStacks(cluster, credentials, from, Math.min(from + batch, stacks));
  }
  await settled(cluster, operator);
  return { what: setup.what, readyMs: operator.readyMs, ...(await footprintOf(operator)) };
}

async function createStacks(
  { admin }: LiveCluster,
  credentials: readonly KubernetesObject[],
  from: number,
  to: number,
): Promise<void> {
  const stack = await readExample('production');
  const indexes = Array.from({ length: to - from }, (_, index) => from + index);
  await Promise.all(
    indexes.map(async (index) => {
      const namespace = namespaceOf(index);
      await admin.createNamespace(namespace);
      await leaveCredentials(admin, credentials, namespace);
      await admin.client.create(stackIn(stack, namespace));
    }),
  );
}

function namespaceOf(index: number): string {
  return `memory-${index}`;
}

/** Every stack has all that this operator makes: the data stores stay unreachable, because no pod really runs. */
async function settled(cluster: LiveCluster, operator: OperatorProgram): Promise<void> {
  await cluster.whenStacks('the services of every stack run', hasServices);
  await cluster.whenDriven();
  // After a start nothing is written, but every stack waits for its first passes.
  const { length: stacks } = await cluster.admin.client.list(kinds.EcommerceStack);
  const passes = () => operator.metric('controller_runtime_reconcile_time_seconds_count', {});
  const hasLookedAtAll = async () => ((await passes()) ?? 0) >= 2 * stacks;
  await waitFor('every stack has been looked at', hasLookedAtAll, { timeoutMs: 120_000, intervalMs: 200 });
  const writes = () => operator.metric('ecommerce_kube_lane_wait_seconds_count', {});
  let last = { count: await writes(), sinceMs: performance.now() };
  const isQuiet = async () => {
    const count = await writes();
    if (count !== last.count) {
      last = { count, sinceMs: performance.now() };
    }
    return performance.now() - last.sinceMs >= settleMs;
  };
  await waitFor('the operator writes nothing', isQuiet, { timeoutMs: 60_000, intervalMs: 200 });
}

function hasServices({ status }: EcommerceStack): boolean {
  const ready = (status?.components ?? []).filter(({ state }) => state === 'Ready').map(({ name }) => name);
  return ['gateway', 'product', 'user'].every((name) => ready.includes(name));
}

interface Results {
  readonly composition: Table;
  readonly cost: Table;
  /** With one stack, by setup. */
  readonly bases: readonly Measured[];
  /** With many stacks, which it has seen come. */
  readonly grown: Measured;
  /** With many stacks, which were there before it was started. */
  readonly restarted: Measured;
  readonly stacks: number;
}

function toSection(results: Results): Section {
  const { composition, cost, bases, grown, restarted, stacks } = results;
  const rows = [
    ...bases.map((one) => toRow('1 stack', one)),
    toRow(`${stacks} stacks, created while it ran`, grown),
    toRow(`${stacks} stacks, there before it`, restarted),
  ];
  return {
    name: memoryBench.name,
    title: memoryBench.title,
    gates: [],
    ratios: [],
    tables: [
      targetTable(results),
      {
        title: 'MiB after a forced collection; pages of the node program, which processes share, included',
        columns: [
          'stacks',
          'operator',
          'RSS',
          'own pages',
          'pages of files',
          'V8 heap used',
          'external',
          'ready after ms',
        ],
        rows,
      },
      cost,
      composition,
    ],
    notes: [
      'Stacks of examples/production.yaml; pods are played, so the data stores never answer and each stack is looked at again and again.',
    ],
  };
}

function targetTable({ bases: [image], grown, restarted, stacks }: Results): Table {
  const budget = baseTarget + ((stacks - 1) * perStackTarget) / 1024;
  const perStack = (one: Measured, field: 'rss' | 'heapUsed') =>
    image === undefined ? 'not measured' : ((one[field] - image[field]) / (stacks - 1)) * 1024;
  return {
    title: `Targets: at most ${baseTarget} MiB with one stack and ${perStackTarget} KiB for each more`,
    columns: ['figure', 'value', 'target'],
    rows: [
      ['RSS with one stack, MiB', image?.rss ?? 'not measured', baseTarget],
      [`RSS with ${stacks} stacks, MiB, created while it ran`, grown.rss, budget],
      [`RSS with ${stacks} stacks, MiB, there before it`, restarted.rss, budget],
      ['RSS for each more stack, KiB, created while it ran', perStack(grown, 'rss'), perStackTarget],
      ['RSS for each more stack, KiB, there before it', perStack(restarted, 'rss'), perStackTarget],
      ['V8 heap for each more stack, KiB, created while it ran', perStack(grown, 'heapUsed'), perStackTarget],
      ['V8 heap for each more stack, KiB, there before it', perStack(restarted, 'heapUsed'), perStackTarget],
    ],
  };
}

function toRow(stacks: string, one: Measured): readonly (string | number)[] {
  return [stacks, one.what, one.rss, one.rssBefore, one.anonymous, one.file, one.heapUsed, one.external, one.readyMs];
}
