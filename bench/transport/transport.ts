import { startApiServer } from '../../lab/api.ts';
import type { Bench, BenchOptions } from '../bench.ts';
import { closedLoop, repeat } from '../harness/closed-loop.ts';
import { type Comparison, cpuMsPerOperation, interleave, msPerOperation, valuesOf } from '../harness/interleave.ts';
import { ownMeter } from '../harness/process-cpu.ts';
import { atMost, describeNoise, type Gate, type Ratio, ratio, type Section, type Table } from '../harness/report.ts';
import { median, pairRatios } from '../harness/statistics.ts';
import { startCountingProxy } from '../rig/counting-proxy.ts';
import { type BenchServer, createNamespace, kubeconfigThrough, serverMeters } from '../rig/server.ts';
import { type OpenClient, openBare, openOurs, openStock, type ReadTarget } from './clients.ts';

const target: ReadTarget = { namespace: 'bench-transport', name: 'page' };
const calls = 1_000;
const inFlight = 8;
const sliceMs = 300;
/** Of the operator's transport: `defaultConnections` in operator/kube/transport.ts. */
const poolConnections = 12;

/** Our transport against the official client and against the bare HTTP library, on one API server. */
export const transportBench: Bench = {
  name: 'transport',
  title: 'reading one ConfigMap',
  async run(options) {
    await using server = await startApiServer();
    await createNamespace(server, target.namespace);
    const data = Object.fromEntries(Array.from({ length: 6 }, (_, index) => [`key-${index}`, 'x'.repeat(80)]));
    const object = { apiVersion: 'v1', kind: 'ConfigMap', metadata: target, data };
    await server.kubectl(['create', '-f', '-'], { input: JSON.stringify(object) });
    const handshakes = await countHandshakes(server);
    const timed = options.quick ? undefined : await compare(server, options);
    return toSection(handshakes, timed);
  },
};

interface Handshakes {
  readonly gates: readonly Gate[];
  readonly table: Table;
}

async function countHandshakes(server: BenchServer): Promise<Handshakes> {
  const ours = await handshakesOf(server, openOurs);
  const rows = [ours, await handshakesOf(server, openStock), await handshakesOf(server, openBare)];
  return {
    gates: [atMost(`TLS handshakes of ours in ${calls} calls, ${inFlight} in flight`, ours.count, poolConnections)],
    table: {
      title: `TLS handshakes in ${calls} calls, ${inFlight} in flight, counted between client and server`,
      columns: ['client', 'handshakes'],
      rows: rows.map(({ name, count }) => [name, count]),
    },
  };
}

async function handshakesOf(server: BenchServer, open: OpenClient): Promise<{ name: string; count: number }> {
  await using proxy = await startCountingProxy({ port: Number(new URL(server.serverUrl).port) });
  const client = await open(await kubeconfigThrough(server, proxy.port), target);
  await repeat(() => client.read(), { inFlight, count: calls });
  await client.close();
  return { name: client.name, count: proxy.connections };
}

interface Timed {
  readonly sequential: Comparison;
  readonly parallel: Comparison;
}

async function compare(server: BenchServer, options: BenchOptions): Promise<Timed> {
  const clients = await Promise.all([openOurs, openStock, openBare].map((open) => open(server.kubeconfigPath, target)));
  const compareAt = (lanes: number) =>
    interleave(
      clients.map((client) => ({
        name: client.name,
        run: () => closedLoop(() => client.read(), { inFlight: lanes, durationMs: sliceMs }),
      })),
      { rounds: options.rounds, meters: [ownMeter('client'), ...serverMeters(server)] },
    );
  const timed = { sequential: await compareAt(1), parallel: await compareAt(inFlight) };
  await Promise.all(clients.map((client) => client.close()));
  return timed;
}

function toSection(handshakes: Handshakes, timed: Timed | undefined): Section {
  const { name, title } = transportBench;
  if (timed === undefined) {
    return { name, title, gates: handshakes.gates, ratios: [], tables: [handshakes.table], notes: [] };
  }
  return {
    name,
    title,
    gates: handshakes.gates,
    ratios: [...ratiosOf(timed.sequential, 'one at a time'), ...ratiosOf(timed.parallel, `${inFlight} in flight`)],
    tables: [
      handshakes.table,
      rateTable(timed.sequential, 'One call at a time'),
      rateTable(timed.parallel, `${inFlight} calls in flight`),
    ],
    notes: [
      `One at a time: ${describeNoise(timed.sequential)}`,
      `${inFlight} in flight: ${describeNoise(timed.parallel)}`,
      'Client, server and etcd share the cores, so the rate of ours is bound by the server; CPU per call is the fairer figure.',
    ],
  };
}

function ratiosOf(comparison: Comparison, how: string): readonly Ratio[] {
  const rates = (name: string) => valuesOf(comparison, name, (slice) => 1 / msPerOperation(slice));
  const cpu = (name: string) =>
    valuesOf(comparison, name, ({ cpuMs, operations }) => (cpuMs['client'] ?? 0) / operations);
  const divide = (values: (name: string) => readonly number[], name: string) =>
    pairRatios(values('ours'), values(name));
  return [
    ratio(`rate ours / stock, ${how}`, divide(rates, 'stock client-node'), comparison),
    ratio(`client CPU per call ours / stock, ${how}`, divide(cpu, 'stock client-node'), comparison),
    ratio(`rate ours / bare pool, ${how}`, divide(rates, 'bare pool'), comparison, { bound: 'at least', value: 0.8 }),
    ratio(`client CPU per call ours / bare pool, ${how}`, divide(cpu, 'bare pool'), comparison),
  ];
}

function rateTable(comparison: Comparison, title: string): Table {
  const names = Object.keys(comparison.rounds[0]?.slices ?? {});
  return {
    title: `${title}: medians of ${comparison.rounds.length} slices of ${sliceMs} ms; CPU in ms per call`,
    columns: ['client', 'calls/s', 'best calls/s', 'client CPU', 'kube-apiserver CPU', 'etcd CPU'],
    rows: names.toSorted().map((name) => {
      const rates = valuesOf(comparison, name, (slice) => 1000 / msPerOperation(slice));
      const cpu = ['client', 'kube-apiserver', 'etcd'].map((process) => cpuMsPerOperation(comparison, name, process));
      return [name, median(rates), Math.max(...rates), ...cpu];
    }),
  };
}
