import { examineLab } from '../cluster/health.ts';

/** What runs of a lab itself, and what is wrong with it, as text for a terminal. */
export async function labStatus(name: string): Promise<string> {
  const examination = await examineLab(name);
  if (examination === undefined) {
    return `there is no lab "${name}"\n`;
  }
  const { cluster, faults } = examination;
  const [processes, published] = await Promise.all([cluster.processes(), cluster.published()]);
  const programs = processes
    .filter((entry) => !entry.name.startsWith('containerd-shim') && entry.name !== 'node')
    .map((entry) => row(entry.name, `pid ${entry.pid}`, `${Math.round(entry.residentBytes / 2 ** 20)} MiB`));
  const services = published.map(({ service, url }) => row(`${service.namespace}/${service.name}`, url));
  return [
    `lab ${name} in ${cluster.directory}: ${faults.length === 0 ? 'healthy' : `${faults.join(', ')} (up repairs it)`}`,
    row('kubeconfig', cluster.kubeconfigPath),
    ...programs,
    ...services,
    '',
  ].join('\n');
}

function row(title: string, ...rest: readonly string[]): string {
  return `  ${title.padEnd(26)} ${rest.map((cell) => cell.padEnd(12)).join(' ')}`.trimEnd();
}
