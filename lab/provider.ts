/** What differs between the places where a stack can run: our own lab, kind, or the cluster of the current context. */
export type ClusterKind = 'lab' | 'kind' | 'current';

/** How a program is started by {@link Cluster.kubectl} and {@link Cluster.exec}. */
export interface ProgramOptions {
  /** Written to the standard input, which is then closed. */
  readonly input?: string;
  /** Added to the environment of this process. */
  readonly env?: Readonly<Record<string, string>>;
  /** Working directory; default: that of this process. */
  readonly cwd?: string;
  /** Milliseconds until the program is ended and the call fails; default: no limit. */
  readonly timeoutMs?: number;
  /** Ends the program early; the call then fails with the signal's reason. */
  readonly signal?: AbortSignal;
}

/** How {@link Cluster.exec} starts a program. */
export interface ExecOptions extends ProgramOptions {
  /** True gives the program this terminal (input, output, errors) and resolves with an empty string at its end. */
  readonly interactive?: boolean;
  /** Receives each line of output and errors as it comes, for programs that run long. */
  readonly onLine?: (line: string) => void;
}

/** One port of one Service. */
export interface ServiceAddress {
  readonly namespace: string;
  readonly name: string;
  readonly port: number;
}

/** Where a published Service answers on this machine. */
export interface Published {
  /** For example `http://127.0.0.1:8080`; the port is another free one when the wanted one is taken. */
  readonly url: string;
  readonly port: number;
}

/** A running cluster, whoever made it. */
export interface Cluster {
  readonly kind: ClusterKind;
  /** The name of the lab, of the kind cluster, or of the context. */
  readonly name: string;
  /** A kubeconfig that works for every program of this machine. */
  readonly kubeconfigPath: string;
  /** Runs kubectl as administrator; resolves with its output and rejects with what it wrote to stderr. */
  kubectl(args: readonly string[], options?: ProgramOptions): Promise<string>;
  /** Puts OCI image archives into every node, so that pods with `imagePullPolicy: IfNotPresent` start from them. */
  importImages(archives: readonly string[]): Promise<void>;
  /** Makes a Service's port answer on 127.0.0.1:`localPort`, or on a free port when that one is taken, until the cluster goes down. */
  publish(service: ServiceAddress, localPort: number): Promise<Published>;
  /** Runs a program where pod and Service addresses are reachable; resolves with its output, rejects with its errors. */
  exec(argv: readonly string[], options?: ExecOptions): Promise<string>;
}

/** Makes, finds and removes one cluster. */
export interface ClusterProvider {
  readonly kind: ClusterKind;
  /** Makes the cluster or repairs a half-made one; on a healthy cluster it only verifies and returns. */
  up(progress: Progress): Promise<Cluster>;
  /** Removes everything `up` made (caches stay); does nothing when there is nothing. */
  down(progress: Progress): Promise<void>;
  /** The running cluster, or undefined when there is none or it does not answer. */
  find(): Promise<Cluster | undefined>;
}

/** Shows a person what a long task does; made by `createProgress` in progress.ts. */
export interface Progress {
  /**
   * Runs `work` as one named step with its elapsed time shown. A failing step prints the last lines of its log
   * and the log's path, then rejects with the error of the work.
   */
  step<T>(title: string, work: (step: Step) => Promise<T>): Promise<T>;
  /** One plain line between steps. */
  note(text: string): void;
}

/** What the work of one step tells the person. */
export interface Step {
  /** Replaces the detail behind the title, for example what is being waited for. */
  detail(text: string): void;
  /** Names the log file that explains a failure of this step. */
  log(path: string): void;
}
