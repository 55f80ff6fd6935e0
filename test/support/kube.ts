import { Registry } from 'prom-client';
import type { LocalControlPlane } from '../../lab/control-plane/local-control-plane.ts';
import { waitFor } from '../../lab/control-plane/wait.ts';
import type { Kind } from '../../operator/api/kinds.ts';
import { createKubeClient, type RootKubeClient } from '../../operator/kube/client.ts';
import { loadConnection } from '../../operator/kube/connection.ts';
import { createKubeMetrics, type KubeMetrics } from '../../operator/kube/metrics.ts';
import { createObjectCache, type ObjectCache } from '../../operator/kube/object-cache.ts';
import { createRecordingLogger, type RecordingLogger } from '../../operator/kube/testing/recording-logger.ts';
import { createTransport, type Transport } from '../../operator/kube/transport.ts';
import { annotations, fieldManager, labels, managedSelector } from '../../operator/objects/names.ts';

/** Our own layers on a real API server, with their metrics at hand. */
export interface KubeSetup {
  readonly transport: Transport;
  readonly client: RootKubeClient;
  readonly metrics: KubeMetrics;
  readonly registry: Registry;
  readonly logger: RecordingLogger;
}

export async function connect(server: LocalControlPlane): Promise<KubeSetup> {
  const registry = new Registry();
  const metrics = createKubeMetrics(registry);
  const logger = createRecordingLogger();
  const transport = createTransport({
    connection: await loadConnection({ kubeconfig: server.kubeconfigPath }),
    metrics,
  });
  return { transport, metrics, registry, logger, client: createKubeClient({ transport, logger, metrics }) };
}

/** The cache as the operator makes it. */
export function aCache(setup: KubeSetup, kinds: readonly Kind[], namespaces: readonly string[] = []): ObjectCache {
  return createObjectCache({
    ...setup,
    kinds,
    namespaces,
    labelSelector: managedSelector,
    manager: fieldManager,
    names: {
      stackLabel: labels.stack,
      appliedHashAnnotation: annotations.appliedHash,
      identityAnnotation: annotations.identity,
    },
  });
}

/** Labels that bring an object into the caches. */
export function labelsOf(stack: string): Record<string, string> {
  return { [labels.managedBy]: fieldManager, [labels.stack]: stack };
}

/** `waitFor` with the time that anything on one busy machine may take, and a plain condition. */
export function eventually<T>(what: string, condition: () => T | undefined | false): Promise<T> {
  return waitFor(what, async () => condition(), { timeoutMs: 30_000, intervalMs: 20 });
}

/** Value of one series; 0 when it does not exist. */
export async function metricValue(
  registry: Registry,
  name: string,
  wanted: Readonly<Record<string, string>> = {},
): Promise<number> {
  const metric = (await registry.getMetricsAsJSON()).find((candidate) => candidate.name === name);
  return (metric?.values ?? [])
    .filter(({ labels: found }) => Object.entries(wanted).every(([label, value]) => found[label] === value))
    .reduce((sum, { value }) => sum + value, 0);
}
