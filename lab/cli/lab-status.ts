import type { LabCluster } from '../cluster/lab-cluster.ts';

/** What runs of a lab itself, as text for a terminal. */
export async function labStatus(cluster: LabCluster): Promise<string> {
  const [processes, published] = await Promise.all([cluster.processes(), cluster.published()]);
  const programs = processes
    .filter(({ name }) => !name.startsWith('containerd-shim') && name !== 'node')
    .map(({ name, pid, residentBytes }) => row(name, `pid ${pid}`, `${Math.round(residentBytes / 2 ** 20)} MiB`));
  const services = published.map(({ service, url }) => row(`${service.namespace}/${service.name}`, url));
  return [
    `lab ${cluster.name} in ${cluster.directory}`,
    row('kubeconfig', cluster.kubeconfigPath),
    ...programs,
    ...services,
    '',
  ].join('\n');
}

function row(title: string, ...rest: readonly string[]): string {
  return `  ${title.padEnd(26)} ${rest.map((cell) => cell.padEnd(12)).join(' ')}`.trimEnd();
}
