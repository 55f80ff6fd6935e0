import { randomInt } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { Registry } from 'prom-client';
import type { LocalControlPlane } from '../../lab/control-plane/local-control-plane.ts';
import { loadConnection } from '../../operator/kube/connection.ts';
import { createKubeMetrics } from '../../operator/kube/metrics.ts';
import { createTransport, type Transport } from '../../operator/kube/transport.ts';
import { PodProcess } from './pod-process.ts';
import { type Claim, type Container, containerStatus, isReportedReady, type Pod, type Volume } from './pod-shapes.ts';
import { explainUnready, isStuck, type RunningPod } from './running-pod.ts';

export interface ProcessNodeOptions {
  readonly namespace: string;
  /** Only pods with these labels are run. */
  readonly labelSelector: string;
  /** Folders with the containers' programs, before /usr/bin. */
  readonly path: string;
  /** Port of the probes. */
  readonly probePort: number;
  /** What an address of its own would make unnecessary: all pods share this machine's network. */
  readonly environment: (address: string) => Readonly<Record<string, string>>;
  /** Images that "cannot be pulled". */
  readonly missingImages?: readonly string[];
}

const nodeName = 'process-node';

/**
 * A node without containers: runs the pods of one namespace as processes of this machine, each with mounts, process
 * numbers and a loopback address of its own. The rest is real: API server, controllers, scheduler, access rights. It
 * does for a pod what a kubelet does: volumes, environment, service-account token, probes, restarts, graceful end.
 */
export class ProcessNode implements AsyncDisposable {
  /** Why the last round failed; `undefined` when it did not. */
  lastError: unknown;
  readonly #server: LocalControlPlane;
  readonly #options: ProcessNodeOptions;
  readonly #transport: Transport;
  readonly #running = new Map<string, RunningPod>();
  readonly #addresses = new Map<string, string>();
  readonly #network = `127.${randomInt(64, 255)}.${randomInt(1, 255)}`;
  readonly #stopping = new AbortController();
  #loop: Promise<void> = Promise.resolve();
  #isHolding = false;

  private constructor(server: LocalControlPlane, options: ProcessNodeOptions, transport: Transport) {
    this.#server = server;
    this.#options = options;
    this.#transport = transport;
  }

  static async start(server: LocalControlPlane, options: ProcessNodeOptions): Promise<ProcessNode> {
    const connection = await loadConnection({ kubeconfig: server.kubeconfigPath });
    const transport = createTransport({ connection, metrics: createKubeMetrics(new Registry()) });
    const node = new ProcessNode(server, options, transport);
    await node.#register();
    node.#loop = node.#run();
    return node;
  }

  /** Lines that a pod printed last; also of one that has ended. */
  logs(pod: string, count?: number): string {
    return this.#running.get(pod)?.process.tail(count) ?? '';
  }

  /** Pods whose readiness probe succeeded last. */
  get readyPods(): number {
    return this.#running.size - this.unreadyPods.length;
  }

  /** Pods that run here and are not ready, each with the reason. */
  get unreadyPods(): readonly string[] {
    return [...this.#running.values()]
      .filter(({ isReady, process }) => !isReady || !process.isRunning)
      .map((running) => `${running.pod.metadata.name} (${explainUnready(running)})`);
  }

  /** SIGKILL to all processes of a pod; this node starts its container again, as a kubelet would. */
  async crash(pod: string): Promise<void> {
    await this.#running.get(pod)?.process.kill();
  }

  /** From now on no ended or new pod is started. */
  hold(isHolding: boolean): void {
    this.#isHolding = isHolding;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stopping.abort();
    await this.#loop;
    await Promise.all([...this.#running.values()].map(({ process }) => process.kill()));
    await this.#transport.close();
  }

  async #register(): Promise<void> {
    const capacity = { cpu: '16', memory: '64Gi', pods: '50' };
    await this.#call('POST', '/api/v1/nodes', {
      apiVersion: 'v1',
      kind: 'Node',
      metadata: { name: nodeName, labels: { 'kubernetes.io/hostname': nodeName } },
    });
    await this.#call('PATCH', `/api/v1/nodes/${nodeName}/status`, { status: { capacity, allocatable: capacity } });
    await this.#call('POST', '/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases', {
      apiVersion: 'coordination.k8s.io/v1',
      kind: 'Lease',
      metadata: { name: nodeName },
      spec: { holderIdentity: nodeName, leaseDurationSeconds: 40, renewTime: microTime() },
    });
  }

  /** One round after the other; a round that fails (the API server may be away) is simply followed by the next. */
  async #run(): Promise<void> {
    let lastBeat = 0;
    while (!this.#stopping.signal.aborted) {
      try {
        if (Date.now() - lastBeat > 8_000) {
          await this.#beat();
          lastBeat = Date.now();
        }
        await this.#bindClaims();
        await this.#syncPods();
        this.lastError = undefined;
      } catch (error) {
        // Tried again at once: nothing here is worth more than the next round.
        this.lastError = error;
      }
      await delay(150, undefined, { signal: this.#stopping.signal }).catch(() => undefined);
    }
  }

  /** The lease, and the condition that the node controller sets to Unknown when leases stayed away for 40 s. */
  async #beat(): Promise<void> {
    const ready = { type: 'Ready', status: 'True', reason: 'ProcessNode', message: 'ready' };
    await this.#call('PATCH', `/api/v1/nodes/${nodeName}/status`, { status: { conditions: [ready] } });
    await this.#call('PATCH', `/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases/${nodeName}`, {
      spec: { renewTime: microTime() },
    });
  }

  /** Gives every claim a volume of exactly its size. */
  async #bindClaims(): Promise<void> {
    const claims = await this.#list<Claim>(`/api/v1/namespaces/${this.#options.namespace}/persistentvolumeclaims`);
    for (const { metadata, spec } of claims.filter((claim) => claim.spec.volumeName === undefined)) {
      await this.#call('POST', '/api/v1/persistentvolumes', {
        apiVersion: 'v1',
        kind: 'PersistentVolume',
        metadata: { name: `volume-${metadata.uid}` },
        spec: {
          capacity: spec.resources.requests,
          accessModes: ['ReadWriteOnce'],
          storageClassName: spec.storageClassName,
          persistentVolumeReclaimPolicy: 'Retain',
          hostPath: { path: this.#volumePath(metadata.uid) },
          claimRef: { namespace: metadata.namespace, name: metadata.name, uid: metadata.uid },
        },
      }).catch(() => undefined);
    }
  }

  async #syncPods(): Promise<void> {
    const { namespace, labelSelector } = this.#options;
    const query = `labelSelector=${encodeURIComponent(labelSelector)}`;
    const pods = await this.#list<Pod>(`/api/v1/namespaces/${namespace}/pods?${query}`);
    const mine = pods.filter(({ spec }) => spec.nodeName === nodeName);
    await Promise.all(mine.map((pod) => this.#syncPod(pod)));
  }

  async #syncPod(pod: Pod): Promise<void> {
    const running = this.#running.get(pod.metadata.name);
    const isSame = running?.pod.metadata.uid === pod.metadata.uid;
    if (pod.metadata.deletionTimestamp !== undefined) {
      return isSame ? this.#end(running) : this.#remove(pod);
    }
    if (!isSame) {
      return this.#isHolding ? undefined : this.#begin(pod, 0);
    }
    if (!running.process.isRunning && !running.isStopping && !this.#isHolding) {
      return this.#begin(pod, running.restarts + 1);
    }
    running.isReady = await this.#judge(running);
    // Compared with what is written there: the node controller takes readiness away while it thinks the node is gone.
    if (running.isReady !== isReportedReady(pod)) {
      await this.#report(running);
    }
  }

  /** As a kubelet: ready at the first success, not ready when the probe has failed for all of its attempts. */
  async #judge(running: RunningPod): Promise<boolean> {
    if (!running.process.isRunning) {
      return false;
    }
    const [container] = running.pod.spec.containers;
    if (container === undefined) {
      return false;
    }
    const { livenessProbe, readinessProbe } = container;
    if (await isStuck(running, livenessProbe, () => this.#probe(running, livenessProbe))) {
      void running.process.stop('SIGTERM', livenessProbe.terminationGracePeriodSeconds * 1_000);
    }
    if (await this.#probe(running, readinessProbe)) {
      running.lastSuccessAt = performance.now();
    }
    const { failureThreshold, periodSeconds } = readinessProbe;
    const patienceMs = failureThreshold * periodSeconds * 1_000;
    return running.lastSuccessAt !== undefined && performance.now() - running.lastSuccessAt < patienceMs;
  }

  async #begin(pod: Pod, restarts: number): Promise<void> {
    const [container] = pod.spec.containers;
    if (container === undefined) {
      return;
    }
    if (this.#options.missingImages?.includes(container.image) === true) {
      return this.#reportMissingImage(pod, container);
    }
    const address = this.#addressOf(pod);
    const process = await PodProcess.start({
      directory: join(this.#server.directory, 'pods', pod.metadata.uid),
      uid: pod.spec.securityContext.runAsUser,
      command: container.command,
      environment: {
        PATH: `${this.#options.path}:/usr/bin:/bin`,
        LANG: 'C.UTF-8',
        KUBERNETES_SERVICE_HOST: '127.0.0.1',
        KUBERNETES_SERVICE_PORT: new URL(this.#server.serverUrl).port,
        ...(await this.#environment(pod, container, address)),
        ...this.#options.environment(address),
      },
      mounts: await this.#mounts(pod, container),
    });
    const liveness = { askedAt: performance.now() };
    const running: RunningPod = { pod, address, process, restarts, isReady: false, isStopping: false, liveness };
    this.#running.set(pod.metadata.name, running);
    await this.#report(running);
  }

  #end(running: RunningPod): void {
    if (running.isStopping) {
      return;
    }
    running.isStopping = true;
    const { pod, process } = running;
    void process
      .stop('SIGTERM', pod.spec.terminationGracePeriodSeconds * 1_000)
      .then(() => this.#remove(pod))
      .catch(() => {
        running.isStopping = false;
      });
  }

  async #remove(pod: Pod): Promise<void> {
    await this.#call('DELETE', `/api/v1/namespaces/${this.#options.namespace}/pods/${pod.metadata.name}`, {
      gracePeriodSeconds: 0,
      preconditions: { uid: pod.metadata.uid },
    });
  }

  /** A name of a StatefulSet's pod keeps nothing of its predecessor's: addresses change, as they do in a cluster. */
  #addressOf(pod: Pod): string {
    const known = this.#addresses.get(pod.metadata.uid);
    const address = known ?? `${this.#network}.${this.#addresses.size + 1}`;
    this.#addresses.set(pod.metadata.uid, address);
    return address;
  }

  async #environment(pod: Pod, container: Container, address: string): Promise<Record<string, string>> {
    const resolved: Record<string, string> = {};
    for (const { name, value, valueFrom } of container.env) {
      const secret = valueFrom?.secretKeyRef;
      if (secret !== undefined) {
        resolved[name] = await this.#secretValue(secret);
      } else if (valueFrom?.fieldRef?.fieldPath === 'status.podIP') {
        resolved[name] = address;
      } else if (valueFrom?.fieldRef !== undefined) {
        resolved[name] = pod.metadata.name;
      } else {
        resolved[name] = (value ?? '').replaceAll(/\$\((\w+)\)/g, (_, other) => resolved[String(other)] ?? '');
      }
    }
    return resolved;
  }

  async #secretValue({ name, key }: { readonly name: string; readonly key: string }): Promise<string> {
    const { data } = await this.#get<{ data: Record<string, string> }>(
      `/api/v1/namespaces/${this.#options.namespace}/secrets/${name}`,
    );
    return Buffer.from(data[key] ?? '', 'base64').toString();
  }

  async #mounts(pod: Pod, container: Container): Promise<Record<string, string>> {
    const directory = join(this.#server.directory, 'pods', pod.metadata.uid);
    const mounts: Record<string, string> = {};
    for (const { name, mountPath } of container.volumeMounts) {
      const volume = pod.spec.volumes.find((one) => one.name === name);
      mounts[mountPath] = await this.#source(pod, volume, join(directory, name));
    }
    return mounts;
  }

  async #source(pod: Pod, volume: Volume | undefined, otherwise: string): Promise<string> {
    const { namespace } = this.#options;
    if (volume?.persistentVolumeClaim !== undefined) {
      const path = `/api/v1/namespaces/${namespace}/persistentvolumeclaims/${volume.persistentVolumeClaim.claimName}`;
      return this.#volumePath((await this.#get<Claim>(path)).metadata.uid);
    }
    if (volume?.projected !== undefined) {
      return this.#token(pod, otherwise);
    }
    await mkdir(otherwise, { recursive: true });
    if (volume?.configMap !== undefined) {
      const { data } = await this.#get<{ data: Record<string, string> }>(
        `/api/v1/namespaces/${namespace}/configmaps/${volume.configMap.name}`,
      );
      await Promise.all(Object.entries(data).map(([file, text]) => writeFile(join(otherwise, file), text)));
    }
    return otherwise;
  }

  async #token(pod: Pod, directory: string): Promise<string> {
    await mkdir(directory, { recursive: true });
    const path = `/api/v1/namespaces/${this.#options.namespace}/serviceaccounts/${pod.spec.serviceAccountName}/token`;
    const answer = await this.#call<{ status: { token: string } }>('POST', path, {
      apiVersion: 'authentication.k8s.io/v1',
      kind: 'TokenRequest',
      spec: { expirationSeconds: 7200 },
    });
    const kubeconfig = JSON.parse(await readFile(this.#server.kubeconfigPath, 'utf8'));
    const authority = String(kubeconfig.clusters[0].cluster['certificate-authority-data']);
    await writeFile(join(directory, 'token'), answer.status.token);
    await writeFile(join(directory, 'ca.crt'), Buffer.from(authority, 'base64'));
    return directory;
  }

  async #probe({ address }: RunningPod, { httpGet, timeoutSeconds }: Container['readinessProbe']) {
    const url = `http://${address}:${this.#options.probePort}${httpGet.path}`;
    return fetch(url, { signal: AbortSignal.timeout(timeoutSeconds * 1_000) }).then(
      ({ ok }) => ok,
      () => false,
    );
  }

  async #report({ pod, address, restarts, isReady }: RunningPod): Promise<void> {
    const [container] = pod.spec.containers;
    const state = { running: { startedAt: new Date().toISOString() } };
    const ready = { type: 'Ready', status: isReady ? 'True' : 'False' };
    await this.#patchStatus(pod, {
      phase: 'Running',
      podIP: address,
      podIPs: [{ ip: address }],
      startTime: new Date().toISOString(),
      conditions: [{ type: 'PodScheduled', status: 'True' }, ready, { ...ready, type: 'ContainersReady' }],
      containerStatuses: [containerStatus(container, { ready: isReady, restartCount: restarts, state })],
    });
  }

  async #reportMissingImage(pod: Pod, container: Container): Promise<void> {
    const state = { waiting: { reason: 'ImagePullBackOff', message: 'no such image' } };
    await this.#patchStatus(pod, {
      phase: 'Pending',
      containerStatuses: [containerStatus(container, { ready: false, restartCount: 0, state })],
    });
  }

  async #patchStatus(pod: Pod, status: Record<string, unknown>): Promise<void> {
    const path = `/api/v1/namespaces/${this.#options.namespace}/pods/${pod.metadata.name}/status`;
    await this.#call('PATCH', path, { metadata: { uid: pod.metadata.uid }, status });
  }

  #volumePath(claimUid: string): string {
    return join(this.#server.directory, 'volumes', claimUid);
  }

  async #list<T>(path: string): Promise<readonly T[]> {
    return (await this.#get<{ items: readonly T[] }>(path)).items;
  }

  #get<T>(path: string): Promise<T> {
    return this.#call<T>('GET', path);
  }

  async #call<T>(method: 'GET' | 'POST' | 'PATCH' | 'DELETE', path: string, body?: object): Promise<T> {
    const answer = await this.#transport.call({
      method,
      path,
      operation: { verb: method.toLowerCase(), resource: 'test', subject: path },
      signal: AbortSignal.any([this.#stopping.signal, AbortSignal.timeout(5_000)]),
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      contentType: method === 'PATCH' ? 'application/merge-patch+json' : 'application/json',
    });
    // The API server's answer to a path of ours has the shape that the caller names.
    return answer.body as T;
  }
}

function microTime(): string {
  return new Date().toISOString().replace('Z', '000Z');
}
