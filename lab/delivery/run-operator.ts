import { join } from 'node:path';
import { projectRoot } from '../images/directories.ts';
import type { Cluster, Progress } from '../provider.ts';
import { untilInterrupted } from './commands.ts';
import { waitForOperator } from './deploy.ts';
import { operatorName, operatorNamespace } from './names.ts';

const deployment = ['deployment', operatorName, '-n', operatorNamespace] as const;

/**
 * Runs the checkout's operator on this terminal, where the cluster's pods are reachable, in place of the one in the
 * cluster: that is scaled to zero first and comes back at the end. It gets the same settings and the rights of an
 * administrator.
 */
export async function runOperator(cluster: Cluster, progress: Progress): Promise<void> {
  const env = await operatorSettings(cluster);
  const replicas = await cluster.kubectl(['get', ...deployment, '-o', 'jsonpath={.spec.replicas}']);
  await progress.step('stop the operator in the cluster', async () => {
    await cluster.kubectl(['scale', ...deployment, '--replicas=0']);
    const selector = `app.kubernetes.io/name=${operatorName}`;
    await cluster.kubectl(['wait', '--for=delete', 'pod', '-l', selector, '-n', operatorNamespace, '--timeout=60s']);
  });
  progress.note('the operator of this checkout runs now; Ctrl-C ends it and starts the one in the cluster again');
  try {
    const argv = [process.execPath, join(projectRoot, 'operator/main.ts')];
    await untilInterrupted(() => cluster.exec(argv, { interactive: true, env, cwd: projectRoot }));
  } finally {
    await progress.step('start the operator in the cluster', async () => {
      await cluster.kubectl(['scale', ...deployment, `--replicas=${replicas === '0' ? '1' : replicas}`]);
      await waitForOperator(cluster);
    });
  }
}

interface ContainerEnvironment {
  readonly name: string;
  readonly value?: string;
}

/** The variables of the operator in the cluster, so that both prefer the same images; ports are any free ones. */
async function operatorSettings(cluster: Cluster): Promise<Readonly<Record<string, string>>> {
  const path = 'jsonpath={.spec.template.spec.containers[0].env}';
  const text = await cluster.kubectl(['get', ...deployment, '-o', path]);
  // `as`: `env` of a container as the API server stores it.
  const variables = JSON.parse(text || '[]') as readonly ContainerEnvironment[];
  const plain = variables.filter(({ name, value }) => name.startsWith('OPERATOR_') && value !== undefined);
  return {
    ...Object.fromEntries(plain.map(({ name, value }) => [name, value ?? ''])),
    KUBECONFIG: cluster.kubeconfigPath,
    OPERATOR_METRICS_PORT: '0',
    OPERATOR_PROBES_PORT: '0',
    OPERATOR_INSTALL_CRD: 'true',
  };
}
