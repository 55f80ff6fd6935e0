import { readFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { type ApiReader, createApiReader } from '../control-plane/api-request.ts';
import { installCrds } from '../control-plane/crds.ts';
import { parseKubeconfig } from '../control-plane/kubeconfig.ts';
import { run, runSystem, searchPath } from '../programs/run.ts';
import type { Cluster, ExecOptions, ProgramOptions, Published, ServiceAddress } from '../provider.ts';
import { addressesOf } from './addresses.ts';
import { enterCommand, findDaemon, type Inside, listDaemons } from './inside.ts';
import { importArchives } from './node.ts';
import { type NamespacedProcess, programName, signalProcess } from './process-table.ts';
import { listPublished, type PublishedService, publishService } from './published.ts';
import type { LabState } from './state.ts';

/** A running lab. */
export class LabCluster implements Cluster {
  readonly kind = 'lab';
  readonly #inside: Inside;
  readonly #state: LabState;

  constructor(inside: Inside, state: LabState) {
    this.#inside = inside;
    this.#state = state;
  }

  get name(): string {
    return this.#inside.paths.name;
  }

  get directory(): string {
    return this.#inside.paths.directory;
  }

  get kubeconfigPath(): string {
    return this.#inside.paths.adminKubeconfig;
  }

  /** Reachable from this machine, for example `https://10.246.0.2:6443`. */
  get serverUrl(): string {
    return addressesOf(this.#state.slot).serverUrl;
  }

  kubectl(args: readonly string[], options: ProgramOptions = {}): Promise<string> {
    const flags = [`--kubeconfig=${this.kubeconfigPath}`, `--cache-dir=${join(this.directory, 'kubectl-cache')}`];
    const command = [join(this.#state.programs, 'kubectl'), ...flags, ...args];
    return run(command, { ...options, endsWithParent: true });
  }

  importImages(archives: readonly string[]): Promise<void> {
    return importArchives(this.#inside, archives);
  }

  publish(service: ServiceAddress, localPort: number): Promise<Published> {
    return publishService(this.#inside, service, localPort);
  }

  /** Names of Services resolve as in a pod; KUBECONFIG and kubectl are set up. */
  exec(argv: readonly string[], options: ExecOptions = {}): Promise<string> {
    // The program keeps this machine's files but for the one that says who resolves names.
    const script = '[ ! -e /etc/resolv.conf ] || mount --bind "$0" /etc/resolv.conf; exec "$@"';
    const resolv = join(this.#inside.paths.node, 'resolv.conf');
    const path = `PATH=${this.#state.programs}${delimiter}${searchPath()}`;
    const program = ['env', path, `KUBECONFIG=${this.kubeconfigPath}`, ...argv];
    const command = ['unshare', '--mount', '--', 'sh', '-c', script, resolv, ...program];
    return runSystem(enterCommand(this.#inside, 'network', command), { ...options, shownAs: argv });
  }

  /** Programs of the lab itself that run now, with their ids on this machine. */
  async processes(): Promise<readonly (NamespacedProcess & { readonly name: string })[]> {
    const daemons = await listDaemons(this.#inside);
    return daemons.map((entry) => ({ ...entry, name: programName(entry) }));
  }

  /** Applies files of CustomResourceDefinitions and resolves when the API server serves them. */
  async installCrds(paths: readonly string[]): Promise<void> {
    const api = await labApi(this.kubeconfigPath);
    try {
      await installCrds(paths, (args) => this.kubectl(args), api);
    } finally {
      api.close();
    }
  }

  /** Sends a signal to one of the lab's programs, for tests of faults: SIGKILL ends it, SIGSTOP freezes it, SIGCONT lets it go on. */
  async signalProgram(name: string, signal: NodeJS.Signals): Promise<void> {
    const found = await findDaemon(this.#inside, name);
    if (found === undefined) {
      throw new Error(`${name} does not run in the lab ${this.name}`);
    }
    await signalProcess(found, signal);
  }

  /** Services that answer on this machine. */
  published(): Promise<readonly PublishedService[]> {
    return listPublished(this.#inside);
  }
}

/** Asks the API server of a lab as administrator. */
export async function labApi(kubeconfigPath: string): Promise<ApiReader> {
  const { serverUrl, authorityCertificate, certificate, key } = parseKubeconfig(await readFile(kubeconfigPath, 'utf8'));
  return createApiReader(serverUrl, { authorityCertificate, admin: { certificate, key } });
}
