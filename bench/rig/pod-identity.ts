import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createScratchDirectory } from '../../lab/programs/scratch.ts';
import type { BenchServer } from './server.ts';

/** Environment variables of a process. */
export type Environment = Readonly<Record<string, string>>;

const namespace = 'default';

/**
 * What a kubelet gives the operator's container: the address of the API server, and the files of a service account that
 * has the rights of the cluster role. Gives the variables to start a process with.
 */
export async function createPodIdentity(server: BenchServer, role: string): Promise<Environment> {
  await server.kubectl(['create', 'serviceaccount', role, '-n', namespace]);
  const account = `${namespace}:${role}`;
  await server.kubectl(['create', 'clusterrolebinding', 'pod', `--clusterrole=${role}`, `--serviceaccount=${account}`]);
  const token = await server.kubectl(['create', 'token', role, '-n', namespace, '--duration=4h']);
  const ca = 'jsonpath={.clusters[0].cluster.certificate-authority-data}';
  const encoded = await server.kubectl(['config', 'view', '--raw', '--flatten', '-o', ca]);
  const directory = join(await createScratchDirectory(), 'serviceaccount');
  await mkdir(directory);
  await Promise.all([
    writeFile(join(directory, 'token'), token, { mode: 0o600 }),
    writeFile(join(directory, 'ca.crt'), Buffer.from(encoded, 'base64')),
    writeFile(join(directory, 'namespace'), namespace),
  ]);
  const { hostname, port } = new URL(server.serverUrl);
  return {
    KUBERNETES_SERVICE_HOST: hostname,
    KUBERNETES_SERVICE_PORT: port,
    OPERATOR_SERVICE_ACCOUNT_DIRECTORY: directory,
    // A pod has neither.
    KUBECONFIG: '',
    HOME: '/',
  };
}
