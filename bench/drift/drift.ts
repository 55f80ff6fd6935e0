import { kinds } from '../../operator/api/kinds.ts';
import type { KubernetesObject } from '../../operator/api/kubernetes.ts';
import type { Bench } from '../bench.ts';
import { type Comparison, interleave, msPerOperation, type Variant, valuesOf } from '../harness/interleave.ts';
import { meterOf, ownMeter } from '../harness/process-cpu.ts';
import { describeNoise, type Ratio, ratio, type Section, type Table } from '../harness/report.ts';
import { median, pairRatios, quantile } from '../harness/statistics.ts';
import type { Admin } from '../rig/admin.ts';
import { type ChangeFeed, openChangeFeed } from '../rig/change-feed.ts';
import { createExternalStacks } from '../rig/external-stacks.ts';
import { isReady, startLiveCluster } from '../rig/live-cluster.ts';
import { serverMeters } from '../rig/server.ts';
import { type Damage, deleteIt, editIt } from './damage.ts';
import { type Keeper, operatorKeeper, startRawKeeper } from './subjects.ts';

const stackCount = 2;
/** Trials in a slice. */
const batch = 10;
const rawNamespace = 'raw-loop';

/** A child that somebody deletes or edits: how soon it is as it should be. */
export const driftBench: Bench = {
  name: 'drift',
  title: 'a deleted or edited child, until it is as it should be',
  async run({ quick, rounds }) {
    if (quick) {
      const notes = ['Not measured in a quick run: times are no counts.'];
      return { name: driftBench.name, title: driftBench.title, gates: [], ratios: [], tables: [], notes };
    }
    await using cluster = await startLiveCluster({ audit: false });
    const { admin, server } = cluster;
    await using stores = await createExternalStacks(admin, stackCount);
    await using operator = await cluster.startOperator();
    await cluster.whenStacks('the stacks are ready', isReady);
    const service = await readService(admin, stores.namespaces[0] ?? '');
    await admin.createNamespace(rawNamespace);
    await using raw = await startRawKeeper(server, copyTo(service, rawNamespace));
    await using feed = await openChangeFeed(admin, kinds.Service);
    const keepers = [operatorKeeper(operator, service), raw];
    const meters = [ownMeter('bench'), ...keepers.map(({ name, pid }) => meterOf(name, pid)), ...serverMeters(server)];
    const outcomes: Outcome[] = [];
    for (const [what, damage] of [
      ['deleted', deleteIt],
      ['edited', editIt],
    ] as const) {
      const latencies = new Map<string, number[]>();
      const variants = keepers.map((keeper) => toVariant(keeper, { admin, feed, damage, latencies }));
      const comparison = await interleave(variants, { rounds, meters });
      outcomes.push({ what, latencies: withoutWarmUp(latencies), comparison });
    }
    return toSection(outcomes);
  },
};

interface Outcome {
  readonly what: string;
  /** All trials by keeper, milliseconds. */
  readonly latencies: ReadonlyMap<string, readonly number[]>;
  readonly comparison: Comparison;
}

/** The first slice of each is the round that warms up. */
function withoutWarmUp(latencies: ReadonlyMap<string, readonly number[]>): ReadonlyMap<string, readonly number[]> {
  return new Map([...latencies].map(([name, all]) => [name, all.slice(batch)]));
}

interface Scene {
  readonly admin: Admin;
  readonly feed: ChangeFeed;
  readonly damage: Damage;
  readonly latencies: Map<string, number[]>;
}

/** A slice is a batch of trials, and its time is their median. */
function toVariant(keeper: Keeper, { admin, feed, damage, latencies }: Scene): Variant {
  return {
    name: keeper.name,
    async run() {
      const slice: number[] = [];
      for (let trial = 0; trial < batch; trial += 1) {
        await keeper.whenIdle();
        slice.push(await damage(admin, feed, keeper));
      }
      latencies.set(keeper.name, [...(latencies.get(keeper.name) ?? []), ...slice]);
      return { operations: 1, wallMs: median(slice) };
    },
  };
}

async function readService(admin: Admin, namespace: string): Promise<KubernetesObject> {
  const name = 'shop-gateway';
  const service = await admin.client.get({ apiVersion: 'v1', kind: 'Service', namespace, name });
  if (service === undefined) {
    throw new Error(`there is no Service ${namespace}/${name}`);
  }
  return service;
}

/** What the operator applies of a Service, for another namespace: without addresses and what else the server adds. */
function copyTo(service: KubernetesObject, namespace: string): KubernetesObject {
  const { name, labels = {} } = service.metadata;
  // `as`: a Service has such a spec.
  const { selector, ports } = service['spec'] as { selector: unknown; ports: unknown };
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name, namespace, labels: withoutOurs(labels) },
    spec: { selector, ports },
  };
}

/** Without what the operator's watches select by: it shall not even see the copy. */
function withoutOurs(labels: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(labels).map(([name, value]) => [name, name === 'app.kubernetes.io/managed-by' ? 'raw-loop' : value]),
  );
}

function toSection(outcomes: readonly Outcome[]): Section {
  return {
    name: driftBench.name,
    title: driftBench.title,
    gates: [],
    ratios: outcomes.flatMap(ratiosOf),
    tables: [latencyTable(outcomes)],
    notes: [
      ...outcomes.map(({ what, comparison }) => `${what}: ${describeNoise(comparison)}`),
      `${stackCount} ready stacks of examples/external-stores.yaml; the damaged child is a Service; a trial begins when the operator has nothing to do.`,
    ],
  };
}

function ratiosOf({ what, latencies, comparison }: Outcome): readonly Ratio[] {
  const medians = (name: string) => valuesOf(comparison, name, msPerOperation);
  const worst = (name: string) => [quantile(latencies.get(name) ?? [], 0.99)];
  return [
    ratio(`${what}, p50: ours / raw loop`, pairRatios(medians('ours'), medians('raw loop')), comparison, {
      bound: 'at most',
      value: 2,
    }),
    ratio(`${what}, p99: ours / raw loop`, pairRatios(worst('ours'), worst('raw loop')), comparison, {
      bound: 'at most',
      value: 3,
    }),
  ];
}

function latencyTable(outcomes: readonly Outcome[]): Table {
  const rows = outcomes.flatMap(({ what, latencies }) =>
    [...latencies].map(([name, all]) => [
      what,
      name,
      all.length,
      quantile(all, 0.5),
      quantile(all, 0.99),
      Math.max(...all),
    ]),
  );
  return {
    title: 'From the answer to the damage until a watch shows it repaired, ms',
    columns: ['damage', 'by', 'trials', 'p50', 'p99', 'worst'],
    rows,
  };
}
