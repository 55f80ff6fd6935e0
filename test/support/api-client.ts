import { Registry } from 'prom-client';
import { createKubeClient, type RootKubeClient } from '../../operator/kube/client.ts';
import { loadConnection } from '../../operator/kube/connection.ts';
import { createKubeMetrics } from '../../operator/kube/metrics.ts';
import { createTransport } from '../../operator/kube/transport.ts';

const silent = { debug: ignore, info: ignore, warn: ignore, error: ignore };

/** The operator's own client for an API server of tests: refusals come with their causes. */
export async function createTestClient(
  kubeconfigPath: string,
): Promise<{ readonly client: RootKubeClient; close(): Promise<void> }> {
  const metrics = createKubeMetrics(new Registry());
  const transport = createTransport({ connection: await loadConnection({ kubeconfig: kubeconfigPath }), metrics });
  return {
    client: createKubeClient({ transport, logger: silent, metrics }),
    close: () => transport.close(),
  };
}

function ignore(): void {}
