import { run } from '../../lab/programs/run.ts';
import type { Table } from '../harness/report.ts';
import type { ImageCopy } from './image-copy.ts';
import { parseRollup } from './resident.ts';

/** What the process of the operator's image consists of before it has done anything; each row has all the modules above it as well. */
const ladder: readonly (readonly [what: string, module: string | undefined])[] = [
  ['node alone', undefined],
  ['+ undici', 'undici'],
  ['+ pino', 'pino'],
  ['+ prom-client', 'prom-client'],
  ['+ pg', 'pg'],
  ['+ ioredis', 'ioredis'],
  ['+ kafkajs', 'kafkajs'],
  ['+ the operator class (@dot-i/k8s-operator)', '@dot-i/k8s-operator'],
  ['+ everything of the operator', './operator/operator.js'],
  ['+ the kubeconfig library, which a pod does not load', '@kubernetes/client-node'],
];

interface ImportCost {
  readonly rollup: string;
  readonly heapUsed: number;
  readonly importMs: number;
}

/** Run by a process of its own. As text: a TypeScript file would load Node's parser into every one of them. */
const program = `
import { readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
const startedAt = performance.now();
for (const name of process.argv.slice(1)) {
  await import(name);
}
const importMs = performance.now() - startedAt;
globalThis.gc();
await delay(300);
globalThis.gc({ type: 'major', execution: 'sync', flavor: 'last-resort' });
const rollup = readFileSync('/proc/self/smaps_rollup', 'utf8');
process.stdout.write(JSON.stringify({ rollup, importMs, heapUsed: process.memoryUsage().heapUsed }));
`;

/** Measures the ladder in a copy of the image; each rung is a process of its own. */
export async function measureComposition({ directory }: ImageCopy): Promise<Table> {
  const rows: (readonly (string | number)[])[] = [];
  let before = 0;
  for (const [index, [what]] of ladder.entries()) {
    const modules = ladder.slice(0, index + 1).flatMap(([, module]) => module ?? []);
    const { rollup, heapUsed, importMs } = await importCost(directory, modules);
    const { rss, anonymous } = parseRollup(rollup);
    rows.push([what, rss, rss - before, anonymous, heapUsed / 2 ** 20, importMs]);
    before = rss;
  }
  return {
    title: 'What the base consists of: each row imports all modules above it too; MiB after a forced collection',
    columns: ['process with', 'RSS', 'more than above', 'own pages', 'V8 heap used', 'import ms'],
    rows,
  };
}

async function importCost(cwd: string, modules: readonly string[]): Promise<ImportCost> {
  const argv = [process.execPath, '--expose-gc', '--input-type=module', '--eval', program, ...modules];
  // `as`: the program writes exactly this.
  return JSON.parse(await run(argv, { cwd })) as ImportCost;
}
