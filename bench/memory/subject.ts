import type { LiveCluster, LiveOperatorOptions } from '../rig/live-cluster.ts';
import type { OperatorProgram } from '../rig/operator-program.ts';
import { parseRollup, type Resident } from './resident.ts';

/** A way to run the operator. */
export interface Setup extends LiveOperatorOptions {
  readonly what: string;
}

/** Memory of the operator after a forced collection, MiB. */
export interface Footprint extends Resident {
  /** All that was in memory before the collection: what a cluster sees. */
  readonly rssBefore: number;
  readonly heapUsed: number;
  readonly external: number;
}

const message = 'bench memory';

/**
 * Runs inside the operator: on SIGUSR2 collects the garbage and writes one line with what is left, in one go, so that no
 * pass makes new garbage in between. The first collection lets finalizers run that let more go; the second one also
 * shrinks the heap. As text and not as a file, because a TypeScript file would load Node's parser into a process that may
 * have none.
 */
const agent = `
import { readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
process.on('SIGUSR2', async () => {
  const { rss: rssBefore } = process.memoryUsage();
  globalThis.gc();
  await delay(500);
  globalThis.gc({ type: 'major', execution: 'sync', flavor: 'last-resort' });
  const rollup = readFileSync('/proc/self/smaps_rollup', 'utf8');
  process.stdout.write(JSON.stringify({ msg: '${message}', rollup, rssBefore, ...process.memoryUsage() }) + '\\n');
});
`;

/** Starts the operator with the agent that collects garbage on demand. */
export function startSubject(cluster: LiveCluster, setup: Setup): Promise<OperatorProgram> {
  const agentUrl = `data:text/javascript,${encodeURIComponent(agent)}`;
  const flags = ['--expose-gc', `--import=${agentUrl}`, ...(setup.flags ?? [])];
  return cluster.startOperator({ ...setup, flags });
}

/** Collects the operator's garbage and reads what is left. */
export async function footprintOf(operator: OperatorProgram): Promise<Footprint> {
  const line = operator.nextLine(message);
  process.kill(operator.pid, 'SIGUSR2');
  const report = await line;
  const mib = (field: string) => Number(report[field]) / 2 ** 20;
  return {
    ...parseRollup(String(report['rollup'])),
    rssBefore: mib('rssBefore'),
    heapUsed: mib('heapUsed'),
    external: mib('external'),
  };
}
