import type { Cluster, Published } from '../provider.ts';
import type { StackName } from './stack-wait.ts';

/** What {@link nextSteps} writes about. */
export interface Shop {
  readonly cluster: Pick<Cluster, 'kubeconfigPath'>;
  readonly stack: StackName;
  readonly published: Published;
  /** Directory of a kubectl, where PATH has none. */
  readonly kubectlDirectory: string | undefined;
}

/** What a person can do with the shop that just came up. */
export function nextSteps({ cluster, stack: { namespace, name }, published: { url }, kubectlDirectory }: Shop): string {
  const path = kubectlDirectory === undefined ? '' : ` PATH=${kubectlDirectory}:$PATH`;
  const rows = [
    ['ask the shop', `curl ${url}/api/v1/products?limit=3`],
    ['use kubectl', `export KUBECONFIG=${cluster.kubeconfigPath}${path}`],
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
