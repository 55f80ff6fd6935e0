import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { applyBench } from './apply/apply.ts';
import { parseChoice, usage } from './arguments.ts';
import type { Bench } from './bench.ts';
import { driftBench } from './drift/drift.ts';
import { freshnessBench } from './freshness/freshness.ts';
import { gatewayHopBench } from './gateway-hop/gateway-hop.ts';
import { describeMachine, machineLine } from './harness/machine.ts';
import { toMarkdown } from './harness/markdown.ts';
import type { Gate, Section } from './harness/report.ts';
import { toTestLines } from './harness/test-lines.ts';
import { hotSkuBench } from './hot-sku/hot-sku.ts';
import { idleBench } from './idle/idle.ts';
import { loginStormBench } from './login-storm/login-storm.ts';
import { memoryBench } from './memory/memory.ts';
import { outboxBench } from './outbox/outbox.ts';
import { productPageBench } from './product-page/product-page.ts';
import { roundTripsBench } from './round-trips/round-trips.ts';
import { rssBench } from './rss/rss.ts';
import { tokenCheckBench } from './token-check/token-check.ts';
import { transportBench } from './transport/transport.ts';

const benches: readonly Bench[] = [
  transportBench,
  applyBench,
  idleBench,
  memoryBench,
  driftBench,
  roundTripsBench,
  outboxBench,
  freshnessBench,
  hotSkuBench,
  productPageBench,
  gatewayHopBench,
  tokenCheckBench,
  loginStormBench,
  rssBench,
];
const known = benches.map(({ name }) => name);
const resultsDirectory = 'bench/results';

async function main(): Promise<void> {
  const choice = parseChoice(process.argv.slice(2), known);
  if (choice === 'help') {
    console.log(usage(known));
    return;
  }
  const machine = describeMachine();
  const print = choice.asTests ? ignore : (text: string) => console.log(text);
  print(`${machineLine(machine)}\n`);
  const startedAt = performance.now();
  const say = (message: string) =>
    console.error(`[${((performance.now() - startedAt) / 1000).toFixed(0).padStart(3)} s] ${message}`);
  const sections: Section[] = [];
  for (const bench of benches.filter(({ name }) => choice.names.includes(name))) {
    say(`${bench.name}: ${bench.title}`);
    const section = await bench.run({ ...choice, say });
    console.log(choice.asTests ? toTestLines(section) : toMarkdown(section));
    sections.push(section);
  }
  print(`results: ${await save({ machine, arguments: process.argv.slice(2), sections })}`);
  print(reportGates(gatesOf(sections)));
}

async function save(
  results: { readonly sections: readonly Section[] } & Readonly<Record<string, unknown>>,
): Promise<string> {
  await mkdir(resultsDirectory, { recursive: true });
  const path = join(resultsDirectory, new Date().toISOString().replaceAll(/[:.]/g, '-'));
  await writeFile(`${path}.json`, `${JSON.stringify(results, undefined, 2)}\n`);
  await writeFile(`${path}.md`, results.sections.map(toMarkdown).join('\n'));
  return `${path}.json`;
}

function gatesOf(sections: readonly Section[]): readonly Gate[] {
  return sections.flatMap(({ gates }) => gates);
}

function reportGates(gates: readonly Gate[]): string {
  const broken = gates.filter(({ isKept }) => !isKept);
  for (const { what, value, allowed } of broken) {
    console.error(`broken gate: ${what}: ${value}, allowed is ${allowed}`);
  }
  process.exitCode = broken.length > 0 ? 1 : 0;
  return `gates: ${gates.length - broken.length} of ${gates.length} kept`;
}

function ignore(): void {}

await main();
