import { appendFileSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Cluster } from '../../lab/provider.ts';

/** What a writer beside the pods saw while something was killed. */
export interface EventRecord {
  readonly acknowledged: number;
  readonly attempts: number;
  readonly longestGapMs: number;
  /** Acknowledged numbers that could not be read afterwards. */
  readonly lost: readonly number[];
}

interface Place {
  readonly bootstrapServers: string;
  readonly username: string;
  readonly password: string;
}

/** Sends events to a topic from inside the lab's network, where pods have addresses and names, until `stop`. */
export class LabEventWriter {
  readonly #folder: string;
  readonly #running: Promise<string>;
  #stopping: Promise<EventRecord> | undefined;

  private constructor(folder: string, running: Promise<string>) {
    this.#folder = folder;
    this.#running = running;
    // A failure is told by whoever waits for it.
    running.catch(() => undefined);
  }

  static async start(cluster: Cluster, namespace: string, connectionSecret: string): Promise<LabEventWriter> {
    const folder = await mkdtemp(join(tmpdir(), 'event-writer-'));
    const secret = JSON.parse(
      await cluster.kubectl(['get', 'secret', connectionSecret, '-n', namespace, '-o', 'json']),
    );
    const value = (key: string) => Buffer.from(secret.data[key], 'base64').toString();
    const dns = await cluster.kubectl([
      'get',
      'svc',
      'kube-dns',
      '-n',
      'kube-system',
      '-o',
      'jsonpath={.spec.clusterIP}',
    ]);
    const place: Place = {
      bootstrapServers: value('bootstrapServers'),
      username: value('username'),
      password: value('password'),
    };
    await writeFile(join(folder, 'place.json'), JSON.stringify({ ...place, dns }));
    const program = join(import.meta.dirname, 'kafka-writer-main.ts');
    return new LabEventWriter(folder, cluster.exec([process.execPath, program, folder]));
  }

  /** Events acknowledged so far. */
  async acknowledged(): Promise<number> {
    return Number(await readFile(join(this.#folder, 'count'), 'utf8').catch(() => '0'));
  }

  /** Stops, reads everything back and answers what became of it; asked again, answers the same. */
  stop(): Promise<EventRecord> {
    this.#stopping ??= this.#stop();
    return this.#stopping;
  }

  async #stop(): Promise<EventRecord> {
    appendFileSync(join(this.#folder, 'stop'), '');
    try {
      return JSON.parse((await this.#running).trim().split('\n').at(-1) ?? '');
    } finally {
      await rm(this.#folder, { recursive: true, force: true });
    }
  }
}
