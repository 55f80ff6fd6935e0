import type { Cluster, Published } from '../provider.ts';
import type { StackName } from './stack-wait.ts';

/** What a person can do with the shop that just came up. */
export function nextSteps(cluster: Cluster, { namespace, name }: StackName, { url }: Published): string {
  const rows = [
    ['ask the shop', `curl ${url}/api/v1/products?limit=3`],
    ['use kubectl', `export KUBECONFIG=${cluster.kubeconfigPath}`],
    ['see the stack', `kubectl get ecommercestack -n ${namespace} ${name} -o wide`],
    ['see its parts', 'make status'],
    ['operator logs', 'make logs'],
    ['changed a service', 'npm run lab -- load product'],
    ['take it down', 'make down'],
  ];
  const width = Math.max(...rows.map(([title = '']) => title.length));
  const lines = rows.map(([title = '', command]) => `  ${title.padEnd(width)}   ${command}`);
  return ['', `The shop answers at ${url}`, '', ...lines, ''].join('\n');
}
