import { join } from 'node:path';
import type { ControlPlaneProgram } from '../assets/find-program.ts';
import type { Child } from '../programs/child.ts';
import { run } from '../programs/run.ts';
import type { ProgramOptions } from '../provider.ts';
import type { ApiReader } from './api-request.ts';
import { type AuditEvent, AuditFollower, readAuditEvents } from './audit.ts';
import { installCrds } from './crds.ts';
import type { ClusterUser, Credentials } from './credentials.ts';
import { FatalWaitError, waitFor } from './wait.ts';

/** A cold machine under load needs a few times the usual three seconds. */
const readyTimeoutMs = 60_000;

/** A running program of a cluster. */
export interface RunningProgram {
  readonly name: string;
  readonly pid: number;
}

/** The programs of a control plane that tests may stop and start. */
export type ServerProgram = Exclude<ControlPlaneProgram, 'kubectl'>;

/** What a {@link LocalControlPlane} is made of. */
export interface LocalParts {
  readonly directory: string;
  readonly serverUrl: string;
  readonly credentials: Credentials;
  readonly kubectlPath: string;
  readonly children: readonly Child[];
  readonly api: ApiReader;
}

/** A control plane on loopback whose programs are children of this process and end with it. */
export class LocalControlPlane implements AsyncDisposable {
  readonly #parts: LocalParts;
  readonly #remove: () => Promise<void>;

  constructor(parts: LocalParts, remove: () => Promise<void>) {
    this.#parts = parts;
    this.#remove = remove;
  }

  /** Logs, data and credentials; removed by {@link stop}. */
  get directory(): string {
    return this.#parts.directory;
  }

  /** A kubeconfig of an administrator. */
  get kubeconfigPath(): string {
    return this.#parts.credentials.adminKubeconfigPath;
  }

  /** For example `https://127.0.0.1:23456`. */
  get serverUrl(): string {
    return this.#parts.serverUrl;
  }

  /** What runs now, for tests that kill. */
  get processes(): readonly RunningProgram[] {
    return this.#parts.children.flatMap(({ name, pid }) => (pid === undefined ? [] : [{ name, pid }]));
  }

  /** Runs kubectl as administrator; resolves with its output and rejects with what it wrote to stderr. */
  kubectl(args: readonly string[], options: ProgramOptions = {}): Promise<string> {
    const { kubectlPath, directory } = this.#parts;
    const flags = [`--kubeconfig=${this.kubeconfigPath}`, `--cache-dir=${join(directory, 'kubectl-cache')}`];
    return run([kubectlPath, ...flags, ...args], { ...options, endsWithParent: true });
  }

  /** Applies files of CustomResourceDefinitions and resolves when the API server serves them. */
  installCrds(paths: readonly string[]): Promise<void> {
    return installCrds(paths, (args) => this.kubectl(args), this.#parts.api);
  }

  /** The path of a new kubeconfig for a user of these groups, for tests of access rights. */
  createKubeconfig(user: ClusterUser): Promise<string> {
    return this.#parts.credentials.createKubeconfig(user);
  }

  /** Every request that the API server finished so far; needs the option `audit`. */
  auditEvents(): Promise<readonly AuditEvent[]> {
    return readAuditEvents(this.directory);
  }

  /** A reader of the requests to come, those so far included; needs the option `audit`. */
  followAudit(): AuditFollower {
    return new AuditFollower(this.directory);
  }

  /** Ends one program and resolves when it is gone. The API server waits for its clients on SIGTERM, so SIGKILL is the default. */
  stopProgram(name: ServerProgram, signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
    return this.#child(name).stop(signal);
  }

  /** Starts a stopped program again, on the same port and data; resolves when the API server answers ready. */
  async startProgram(name: ServerProgram): Promise<void> {
    this.#child(name).start();
    await this.waitUntilReady();
  }

  /** Freezes the API server: connections stay open and nothing answers. */
  pauseApiServer(): void {
    this.#child('kube-apiserver').signal('SIGSTOP');
  }

  /** Lets a frozen API server go on. */
  resumeApiServer(): void {
    this.#child('kube-apiserver').signal('SIGCONT');
  }

  /** Resolves when the API server answers ready; rejects with the end of the log of a program that ended. */
  async waitUntilReady(): Promise<void> {
    const { api, children } = this.#parts;
    const check = async () => {
      const ended = children.find((child) => child.pid === undefined);
      if (ended !== undefined) {
        throw new FatalWaitError(`${ended.name} ended; ${await ended.logTail()}`);
      }
      return (await api.get('/readyz')) === 'ok';
    };
    await waitFor('the API server is ready', check, {
      timeoutMs: readyTimeoutMs,
      explain: async () => (await Promise.all(children.map((child) => child.logTail()))).join('\n'),
    });
  }

  /** Ends every program and removes the directory; may be called twice. */
  async stop(): Promise<void> {
    this.#parts.api.close();
    await Promise.all(this.#parts.children.map((child) => child.stop()));
    await this.#remove();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }

  #child(name: ServerProgram): Child {
    const child = this.#parts.children.find((candidate) => candidate.name === name);
    if (child === undefined) {
      const names = this.#parts.children.map((candidate) => candidate.name).join(', ');
      throw new RangeError(`${name} is not part of this control plane; it has ${names}`);
    }
    return child;
  }
}
