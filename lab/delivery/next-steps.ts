import type { Cluster, Published } from '../provider.ts';
import type { StackName } from './stack-wait.ts';

/** What {@link nextSteps} writes about. */
export interface Shop {
  readonly cluster: Pick<Cluster, 'kind' | 'name' | 'kubeconfigPath'>;
  readonly stack: StackName;
  readonly published: Published;
  /** Directory of a kubectl, where PATH has none. */
  readonly kubectlDirectory: string | undefined;
}

/** What a person can do with the shop that just came up. */
export function nextSteps({ cluster, stack: { namespace, name }, published: { url }, kubectlDirectory }: Shop): string {
  const target = targetOf(cluster);
  const path = kubectlDirectory === undefined ? '' : ` PATH=${kubectlDirectory}:$PATH`;
  const rows = [
    ['use kubectl', `export KUBECONFIG=${cluster.kubeconfigPath}${path}`],
    ['fill the shop', `make seed${target}`],
    ['buy something', `npm run -s walk-through -- ${url}`],
    ['ask the shop', `curl ${url}/api/v1/products?limit=3`],
    ['be its administrator', `TOKEN=$(npm run -s admin-token -- --namespace ${namespace} --stack ${name})`],
    ['see the stack', `kubectl get ecommercestack -n ${namespace} ${name} -o wide`],
    ['see its parts', `make status${target}`],
    ['operator logs', `make logs${target}`],
    ['changed a service', `make load ONLY=product${target}`],
    ['take it down', `make down${target}`],
  ];
  const width = Math.max(...rows.map(([title = '']) => title.length));
  const lines = rows.map(([title = '', command]) => `  ${title.padEnd(width)}   ${command}`);
  return ['', `The shop answers at ${url}`, '', ...lines, ''].join('\n');
}

/** What make needs to find a cluster again that it would not choose by itself. */
function targetOf({ kind, name }: Shop['cluster']): string {
  const named = kind === 'current' || name === 'shop' ? '' : ` NAME=${name}`;
  return `${kind === 'current' ? ' CLUSTER=current' : ''}${named}`;
}
