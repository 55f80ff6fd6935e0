import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chown, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** What a pod's only container comes to, once every reference is resolved. */
export interface PodProcessSpec {
  /** Own directory of this pod, made when missing. */
  readonly directory: string;
  readonly uid: number;
  readonly command: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  /** Directories by where the container sees them. */
  readonly mounts: Readonly<Record<string, string>>;
}

const sandbox = new URL('./sandbox.sh', import.meta.url).pathname;

/** A container's process in mounts and process numbers of its own; ends with this process, however that ends. */
export class PodProcess {
  readonly #child: ChildProcess;
  readonly #lines: string[] = [];

  private constructor(child: ChildProcess) {
    this.#child = child;
    for (const stream of [child.stdout, child.stderr]) {
      stream?.on('data', (chunk) => {
        this.#lines.push(...String(chunk).split('\n').filter(Boolean));
        this.#lines.splice(0, Math.max(0, this.#lines.length - 2_000));
      });
    }
  }

  static async start(spec: PodProcessSpec): Promise<PodProcess> {
    await mkdir(spec.directory, { recursive: true });
    const mounts = Object.entries(spec.mounts).sort(([a], [b]) => a.length - b.length);
    for (const [, source] of mounts) {
      await mkdir(source, { recursive: true });
      await chown(source, spec.uid, spec.uid);
    }
    const table = mounts.map(([target, source]) => `${source} ${target}\n`).join('');
    await writeFile(join(spec.directory, 'mounts'), table);
    const child = spawn(
      'setpriv',
      ['--pdeathsig=KILL', '--', sandbox, spec.directory, String(spec.uid), ...spec.command],
      { env: { ...spec.environment }, stdio: ['ignore', 'pipe', 'pipe'] },
    );
    await once(child, 'spawn');
    return new PodProcess(child);
  }

  get isRunning(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null;
  }

  get exitCode(): number {
    return this.#child.exitCode ?? 137;
  }

  /** The last lines that it printed. */
  tail(count = 40): string {
    return this.#lines.slice(-count).join('\n');
  }

  /** SIGKILL to everything in it, as when a node dies. */
  async kill(): Promise<void> {
    if (this.isRunning) {
      const ended = once(this.#child, 'exit');
      this.#child.kill('SIGKILL');
      await ended;
    }
  }

  /** The container's stop signal, then SIGKILL after the grace period. */
  async stop(signal: NodeJS.Signals, graceMs: number): Promise<void> {
    const pid = await this.#innerPid();
    if (!this.isRunning || pid === undefined) {
      return this.kill();
    }
    const ended = once(this.#child, 'exit');
    process.kill(pid, signal);
    const timer = setTimeout(() => void this.kill(), graceMs);
    await ended;
    clearTimeout(timer);
  }

  /** Process 1 of the container as this machine numbers it: the only child of `unshare`. */
  async #innerPid(): Promise<number | undefined> {
    const { readFile } = await import('node:fs/promises');
    const pid = this.#child.pid;
    const children = await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8').catch(() => '');
    const first = Number(children.trim().split(' ')[0]);
    return Number.isInteger(first) && first > 0 ? first : undefined;
  }
}
