import { findPrograms } from '../assets/find-program.ts';
import { run } from '../programs/run.ts';
import type { Cluster } from '../provider.ts';
import { operatorName, operatorNamespace } from './names.ts';

const stacks = 'ecommercestacks.ecommerce.stack';

interface StackList {
  readonly items: readonly {
    readonly metadata: { readonly namespace: string; readonly name: string };
    readonly status?: { readonly components?: readonly ComponentRow[] };
  }[];
}

interface ComponentRow {
  readonly name: string;
  readonly state?: string;
  readonly version?: string;
  readonly message?: string;
}

/** All stacks of the cluster with their parts and pods, as text for a terminal. */
export async function statusText(cluster: Cluster): Promise<string> {
  // `as`: a list as kubectl prints it, of objects that the API server validated.
  const { items } = JSON.parse(await cluster.kubectl(['get', stacks, '-A', '-o', 'json'])) as StackList;
  if (items.length === 0) {
    return 'no EcommerceStack here: kubectl apply -f examples/minimal.yaml, or make up';
  }
  const sections = [await cluster.kubectl(['get', stacks, '-A', '-o', 'wide'])];
  for (const { metadata, status } of items) {
    const pods = await cluster.kubectl(['get', 'pods', '-n', metadata.namespace, '-o', 'wide']);
    sections.push(
      `parts of ${metadata.namespace}/${metadata.name}:\n${componentTable(status?.components ?? [])}`,
      pods,
    );
  }
  return sections.map((text) => text.trimEnd()).join('\n\n');
}

/** One line per part: state, version and what it says. */
export function componentTable(components: readonly ComponentRow[]): string {
  const rows = components.map(({ name, state, version, message }) => [
    name,
    state ?? '?',
    version ?? '-',
    message ?? '',
  ]);
  const width = (column: number) => Math.max(0, ...rows.map((row) => row[column]?.length ?? 0));
  const widths = [width(0), width(1), width(2)];
  return rows
    .map((row) => `  ${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  ')}`.trimEnd())
    .join('\n');
}

/** Follows the operator's log on this terminal until it is interrupted. */
export async function followOperatorLog(cluster: Cluster): Promise<void> {
  const { kubectl } = await findPrograms(['kubectl']);
  const logs = ['logs', `deployment/${operatorName}`, '-n', operatorNamespace, '--follow', '--tail=200'];
  await untilInterrupted(() =>
    run([kubectl, ...logs], { interactive: true, env: { KUBECONFIG: cluster.kubeconfigPath } }),
  );
}

/**
 * Runs work that takes over the terminal. Ctrl-C goes to its program as well, whose end is then no error; this process
 * must live on to clean up.
 */
export async function untilInterrupted(work: () => Promise<unknown>): Promise<void> {
  let isInterrupted = false;
  const note = () => {
    isInterrupted = true;
  };
  process.on('SIGINT', note);
  try {
    await work();
  } catch (error) {
    if (!isInterrupted) {
      throw error;
    }
  } finally {
    process.off('SIGINT', note);
  }
}
