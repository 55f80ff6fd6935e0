import { appendFileSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FatalWaitError } from '../../lab/control-plane/wait.ts';
import type { Cluster } from '../../lab/provider.ts';

/** What a writer beside the pods saw while something was killed. */
export interface LabWriterRecord {
  readonly acknowledged: number;
  readonly attempts: number;
  /** Longest time between two acknowledged writes, milliseconds. */
  readonly longestGapMs: number;
  /** Acknowledged writes that could not be read afterwards. */
  readonly lost: readonly (number | string)[];
}

/** What a writer is: a program of this folder, and the connection Secret it uses. */
export interface LabWriterOptions {
  readonly program: 'kafka-writer-main.ts' | 'redis-writer-main.ts';
  readonly namespace: string;
  readonly secret: string;
}

/**
 * Writes to a store from inside the lab's network, where pods have addresses and names, until `stop`. The program finds the
 * values of the Secret and the address of the cluster's `dns` in `place.json` of its folder, keeps the number of its
 * acknowledged writes in `count`, and prints its record when there is a file `stop`.
 */
export class LabWriter {
  readonly #folder: string;
  readonly #running: Promise<string>;
  #stopping: Promise<LabWriterRecord> | undefined;
  #failure: FatalWaitError | undefined;

  private constructor(folder: string, running: Promise<string>) {
    this.#folder = folder;
    this.#running = running;
    running.catch((error: unknown) => {
      this.#failure = new FatalWaitError(`the writer has ended before it was told to: ${String(error)}`);
    });
  }

  static async start(cluster: Cluster, { program, namespace, secret }: LabWriterOptions): Promise<LabWriter> {
    const folder = await mkdtemp(join(tmpdir(), 'lab-writer-'));
    const { data } = JSON.parse(await cluster.kubectl(['get', 'secret', secret, '-n', namespace, '-o', 'json']));
    const values = Object.fromEntries(
      Object.entries(data).map(([key, value]) => [key, Buffer.from(String(value), 'base64').toString()]),
    );
    const address = ['-o', 'jsonpath={.spec.clusterIP}'];
    const dns = await cluster.kubectl(['get', 'svc', 'kube-dns', '-n', 'kube-system', ...address]);
    await writeFile(join(folder, 'place.json'), JSON.stringify({ ...values, dns }));
    const path = join(import.meta.dirname, program);
    return new LabWriter(folder, cluster.exec([process.execPath, path, folder]));
  }

  /** Writes acknowledged so far; throws when the program has failed, which ends a wait for them at once. */
  async acknowledged(): Promise<number> {
    if (this.#failure !== undefined) {
      throw this.#failure;
    }
    return Number(await readFile(join(this.#folder, 'count'), 'utf8').catch(() => '0'));
  }

  /** Stops, reads everything back and answers what became of it; asked again, answers the same. */
  stop(): Promise<LabWriterRecord> {
    this.#stopping ??= this.#stop();
    return this.#stopping;
  }

  async #stop(): Promise<LabWriterRecord> {
    appendFileSync(join(this.#folder, 'stop'), '');
    try {
      return JSON.parse((await this.#running).trim().split('\n').at(-1) ?? '');
    } finally {
      await rm(this.#folder, { recursive: true, force: true });
    }
  }
}
