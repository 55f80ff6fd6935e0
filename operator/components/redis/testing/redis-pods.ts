import { randomInt } from 'node:crypto';
import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { Cluster } from 'ioredis';
import { findProgram, redisPrograms } from '../../../../lab/stores/programs.ts';
import {
  makeServerFolder,
  removeFolder,
  type ServerProcess,
  startServerProcess,
} from '../../../../lab/stores/server-process.ts';
import type { CompleteStack } from '../../../api/v1beta1/complete-stack.ts';
import { converse } from '../client.ts';
import { configFiles } from '../desired/config.ts';
import type { Paths } from '../desired/scripts.ts';
import { userFiles } from '../desired/secrets.ts';
import { adminUser, credentialKeys, podDomain, podHost, podName, redisPort, servicesUser } from '../names.ts';

/**
 * Real Redis servers in the place of pods: each runs the rendered start script with the rendered configuration, listens
 * on the usual port of a loopback address of its own, and gets another address at every start. Only the cluster's DNS is
 * replaced: `getent` answers from a file.
 */
export class RedisPods {
  readonly credentials = { [credentialKeys.admin]: 'admin-secret', [credentialKeys.services]: 'services-secret' };
  readonly #stack: CompleteStack;
  readonly #folder: string;
  readonly #pods = new Map<number, RunningPod>();
  readonly #volumes = new Map<number, string>();
  /** 127.x.y.0/24 of this instance: test files run side by side. */
  readonly #subnet = `127.${randomInt(1, 255)}.${randomInt(0, 255)}`;
  /** While true, no name can be resolved, as with a DNS server that is down. */
  isNameless = false;
  #addresses = 0;
  #starts = 0;

  private constructor(stack: CompleteStack, folder: string) {
    this.#stack = stack;
    this.#folder = folder;
  }

  /** Prepares a folder; starts nothing. */
  static async create(stack: CompleteStack): Promise<RedisPods> {
    await findProgram('redis-server', redisPrograms);
    const pods = new RedisPods(stack, await makeServerFolder('redis-pods'));
    await pods.#writeShims();
    return pods;
  }

  /** By ordinal. */
  get running(): readonly RunningPod[] {
    return [...this.#pods.values()].toSorted((a, b) => a.ordinal - b.ordinal);
  }

  /** Ordinals that have a volume. */
  get volumes(): readonly number[] {
    return [...this.#volumes.keys()].toSorted((a, b) => a - b);
  }

  /** Starts the pod of an ordinal on its volume (a new one if it has none) with a new address. */
  async start(ordinal: number, revision = 'revision-1'): Promise<void> {
    this.#addresses += 1;
    this.#starts += 1;
    const address = `${this.#subnet}.${this.#addresses}`;
    const volume = this.#volumes.get(ordinal) ?? (await makeServerFolder('redis-volume'));
    this.#volumes.set(ordinal, volume);
    const uid = `pod-${ordinal}-start-${this.#starts}`;
    const paths = await this.#writeFiles(uid, volume, address);
    const environment = [
      `PATH=${this.#folder}/bin:/usr/bin:/bin`,
      `POD_IP=${address}`,
      `POD_NAME=${podName(this.#stack, ordinal)}`,
      `POD_DOMAIN=${podDomain(this.#stack)}`,
      `NAMES=${this.#folder}/names`,
    ];
    const server = await startServerProcess('/usr/bin/env', [...environment, 'sh', `${paths.config}/start.sh`], {
      cwd: volume,
      signalOnOrphan: 'KILL',
    });
    this.#pods.set(ordinal, { ordinal, uid, address, revision, server, paths, environment });
    await this.#writeNames();
  }

  /** Ends a pod; its name is forgotten, its volume stays. */
  async stop(ordinal: number, signal: 'SIGTERM' | 'SIGKILL' = 'SIGTERM'): Promise<void> {
    const pod = this.#pods.get(ordinal);
    this.#pods.delete(ordinal);
    await this.#writeNames();
    await pod?.server.stop(signal, 15_000);
  }

  /** Stops the process without ending it: it holds its connections and answers nobody. */
  freeze(ordinal: number): void {
    this.#signal(ordinal, 'SIGSTOP');
  }

  thaw(ordinal: number): void {
    this.#signal(ordinal, 'SIGCONT');
  }

  /** Removes the volume of a stopped pod. */
  async wipe(ordinal: number): Promise<void> {
    const volume = this.#volumes.get(ordinal);
    this.#volumes.delete(ordinal);
    if (volume !== undefined) {
      await removeFolder(volume);
    }
  }

  /** Runs a rendered script inside the "container" of a pod; answers its exit code and output. */
  async runScript(ordinal: number, script: string): Promise<string> {
    const pod = this.#pods.get(ordinal);
    const args = [...(pod?.environment ?? []), 'sh', '-c', `sh ${pod?.paths.config}/${script}; echo "exit $?"`];
    const run = await startServerProcess('/usr/bin/env', args, { cwd: this.#folder, signalOnOrphan: 'KILL' });
    // The last line may arrive after the end of the process.
    while (run.isRunning() || !/exit \d+$/.test(run.tail())) {
      await delay(10);
    }
    return run.tail();
  }

  /** A client as the services use it: the services' user, names instead of addresses. */
  client(password: string = this.credentials[credentialKeys.services] ?? ''): Cluster {
    const hosts = this.running.map(({ ordinal }) => ({ host: podHost(this.#stack, ordinal), port: redisPort }));
    const cluster = new Cluster(hosts, {
      // What the services get from DNS.
      dnsLookup: (name, callback) => callback(null, this.#resolve(name)),
      natMap: (node) => ({ host: this.#resolve(node.replace(/:\d+$/, '')), port: redisPort }),
      slotsRefreshTimeout: 3000,
      clusterRetryStrategy: (attempts) => Math.min(100 + 100 * attempts, 1000),
      retryDelayOnFailover: 200,
      // With natMap, ioredis 5 notes a moved slot under a name that its pool does not have, and asks nodes by chance until
      // it next reads the map of slots. Services use no natMap; commandTimeout bounds the whole.
      maxRedirections: 1000,
      redisOptions: {
        username: servicesUser,
        password,
        connectTimeout: 2000,
        commandTimeout: 4000,
        maxRetriesPerRequest: 1,
      },
    });
    cluster.on('error', () => {});
    return cluster;
  }

  /**
   * Waits until every server has given its append-only file to the kernel: only what it still holds back (everysec, busy
   * disk) is lost by a kill.
   */
  async whenWritten(): Promise<void> {
    let pending = true;
    while (pending) {
      await delay(20);
      const infos = await this.admin(['INFO', 'persistence']);
      pending = !infos.every((info) => /aof_buffer_length:0\r/.test(String(info)));
    }
  }

  /**
   * Waits until every replica has confirmed what its primary has by now: a primary answers clients before its replicas, and
   * what it had not yet sent when it is killed is lost.
   */
  async whenReplicated(): Promise<void> {
    const read = async () => (await this.admin(['INFO', 'replication'])).map(String);
    const sent = (await read()).map((info) => Number(/master_repl_offset:(\d+)/.exec(info)?.[1]));
    let isDone = false;
    while (!isDone) {
      await delay(20);
      const confirmed = (await read()).map((info) =>
        [...info.matchAll(/^slave\d+:.*offset=(\d+)/gm)].map(([, offset]) => Number(offset)),
      );
      isDone = confirmed.every((offsets, index) => offsets.every((offset) => offset >= (sent[index] ?? 0)));
    }
  }

  /** Waits until three of the running nodes are primaries. */
  async whenThreePrimaries(): Promise<void> {
    let isDone = false;
    while (!isDone) {
      await delay(20);
      const roles = await this.admin(['ROLE']);
      isDone = roles.filter((role) => Array.isArray(role) && role[0] === 'master').length === 3;
    }
  }

  /** One command of the administrator on every node, and their replies; errors are replies too. */
  async admin(command: readonly string[]): Promise<readonly unknown[]> {
    const login = { username: adminUser, password: this.credentials[credentialKeys.admin] ?? '' };
    const signal = AbortSignal.timeout(5000);
    const replies = this.running.map(({ uid, address }) =>
      converse({ key: uid, host: address, port: redisPort }, login, [command], { signal }),
    );
    return (await Promise.all(replies)).flat();
  }

  /** Ends everything and removes it. */
  async close(): Promise<void> {
    await Promise.all(this.running.map(({ ordinal }) => this.stop(ordinal, 'SIGKILL')));
    await Promise.all([...this.#volumes.values(), this.#folder].map(removeFolder));
  }

  #signal(ordinal: number, signal: NodeJS.Signals): void {
    const pid = this.#pods.get(ordinal)?.server.pid;
    if (pid !== undefined) {
      process.kill(pid, signal);
    }
  }

  #resolve(name: string): string {
    const pod = this.running.find(({ ordinal }) => podHost(this.#stack, ordinal) === name);
    return pod?.address ?? (name.startsWith('127.') ? name : '127.255.255.254');
  }

  /** What the ConfigMap and the Secret would mount, and the address to listen on: pods have an interface of their own. */
  async #writeFiles(uid: string, volume: string, address: string): Promise<Paths> {
    const config = join(this.#folder, uid);
    const users = join(config, 'users');
    const paths = { data: volume, config, users };
    await mkdir(config, { recursive: true });
    await mkdir(users, { recursive: true });
    const files = configFiles(this.#stack, paths);
    await Promise.all([
      ...Object.entries(files).map(([name, text]) => writeFile(join(config, name), text)),
      ...Object.entries(userFiles(this.credentials)).map(([name, text]) => writeFile(join(users, name), text)),
    ]);
    await writeFile(join(config, 'redis.conf'), `${files['redis.conf']}bind ${address}\n`);
    return paths;
  }

  async #writeShims(): Promise<void> {
    const bin = join(this.#folder, 'bin');
    await mkdir(bin, { recursive: true });
    const shims = {
      getent:
        '#!/bin/sh\nawk -v name="$2" \'$1 == name { print $2, "STREAM", name; found = 1 } END { exit !found }\' "$NAMES"\n',
      'redis-cli': '#!/bin/sh\nexec /usr/bin/redis-cli -h "$POD_IP" "$@"\n',
    };
    for (const [name, text] of Object.entries(shims)) {
      await writeFile(join(bin, name), text);
      await chmod(join(bin, name), 0o755);
    }
    await chmod(this.#folder, 0o755);
    await this.#writeNames();
  }

  async #writeNames(): Promise<void> {
    const named = this.isNameless ? [] : this.running;
    const lines = named.map(({ ordinal, address }) => `${podHost(this.#stack, ordinal)} ${address}\n`);
    await writeFile(join(this.#folder, 'names'), lines.join(''));
  }
}

export interface RunningPod {
  readonly ordinal: number;
  readonly uid: string;
  readonly address: string;
  readonly revision: string;
  readonly server: ServerProcess;
  readonly paths: Paths;
  readonly environment: readonly string[];
}
