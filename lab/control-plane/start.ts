import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { findPrograms } from '../assets/find-program.ts';
import { Child } from '../programs/child.ts';
import { findFreePort } from '../programs/ports.ts';
import { createScratchDirectory } from '../programs/scratch.ts';
import { silentProgress } from '../progress.ts';
import type { Progress } from '../provider.ts';
import { createApiReader } from './api-request.ts';
import { apiServerArguments, controllerManagerArguments, etcdArguments, schedulerArguments } from './arguments.ts';
import { auditArguments } from './audit.ts';
import { type Credentials, createCredentials } from './credentials.ts';
import { LocalControlPlane, type ServerProgram } from './local-control-plane.ts';

/** A port that was free a moment ago may be taken by a neighbour who looked at the same time. */
const startAttempts = 3;

/** What can be chosen about a control plane for tests. */
export interface StartOptions {
  /** Logs every request for `auditEvents()`; costs a little time in each. */
  readonly audit?: boolean;
  /** More flags for kube-apiserver, after ours. */
  readonly apiServerArguments?: readonly string[];
  /** Shows the build of missing programs; silent by default. */
  readonly progress?: Progress;
}

/** Which programs run, and what the API server needs to know about that. */
export interface Composition {
  readonly programs: readonly ServerProgram[];
  readonly apiServerArguments: readonly string[];
}

/** Starts the programs of a composition on a free port of loopback; resolves when the API server is ready. */
export async function startLocal(composition: Composition, options: StartOptions = {}): Promise<LocalControlPlane> {
  const paths = await findPrograms([...composition.programs, 'kubectl'], options.progress ?? silentProgress);
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await startOnce(composition, options, paths);
    } catch (error) {
      const isPortTaken = error instanceof Error && error.message.includes('address already in use');
      if (!isPortTaken || attempt === startAttempts) {
        throw error;
      }
    }
  }
}

async function startOnce(
  composition: Composition,
  options: StartOptions,
  paths: Readonly<Record<ServerProgram | 'kubectl', string>>,
): Promise<LocalControlPlane> {
  const directory = await createScratchDirectory();
  const port = await findFreePort();
  const serverUrl = `https://127.0.0.1:${port}`;
  const credentials = await createCredentials({ directory: join(directory, 'credentials'), serverUrl });
  const extra = [
    ...composition.apiServerArguments,
    ...(options.audit === true ? await auditArguments(directory) : []),
    ...(options.apiServerArguments ?? []),
  ];
  const argumentsOf = programArguments(directory, credentials, { port, extra });
  const children = composition.programs.map((name) => {
    const logPath = join(directory, `${name}.log`);
    return new Child({ name, argv: [paths[name], ...argumentsOf[name]], cwd: directory, logPath });
  });
  const api = createApiReader(serverUrl, credentials);
  const parts = { directory, serverUrl, credentials, kubectlPath: paths.kubectl, children, api };
  const cluster = new LocalControlPlane(parts, () => rm(directory, { recursive: true, force: true }));
  try {
    for (const child of children) {
      child.start();
    }
    await cluster.waitUntilReady();
    return cluster;
  } catch (error) {
    await cluster.stop();
    throw error;
  }
}

function programArguments(
  directory: string,
  { directory: credentialsDirectory }: Credentials,
  server: { readonly port: number; readonly extra: readonly string[] },
): Readonly<Record<ServerProgram, readonly string[]>> {
  const certificates = `--cert-dir=${join(directory, 'generated-certificates')}`;
  return {
    etcd: etcdArguments(directory),
    'kube-apiserver': apiServerArguments({
      credentialsDirectory,
      port: server.port,
      bindAddress: '127.0.0.1',
      // Endpoints of the Service "kubernetes" must not be loopback addresses, and nobody here uses them.
      extra: [certificates, '--endpoint-reconciler-type=none', '--shutdown-delay-duration=0s', ...server.extra],
    }),
    'kube-controller-manager': controllerManagerArguments(credentialsDirectory),
    'kube-scheduler': schedulerArguments(credentialsDirectory),
  };
}
