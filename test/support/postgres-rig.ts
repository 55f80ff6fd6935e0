import pg from 'pg';
import { startControlPlane } from '../../lab/api.ts';
import type { LocalControlPlane } from '../../lab/control-plane/local-control-plane.ts';
import { waitFor } from '../../lab/control-plane/wait.ts';
import { findProgram } from '../../lab/stores/programs.ts';
import type { KubernetesObject } from '../../operator/api/kubernetes.ts';
import type { EcommerceStack, EcommerceStackSpec } from '../../operator/api/v1beta1/ecommerce-stack.ts';
import { installOperator, type OperatorProcess, startOperator } from './operator-process.ts';
import { ProcessNode } from './process-node.ts';
import { listObjects } from './read-objects.ts';
import { aManifest, apply, createNamespace, getStack, waitForStack } from './stacks.ts';

const postgresPrograms = '/usr/lib/postgresql/15/bin';
const namespace = 'shop';

const inPath = () => Promise.resolve([]);
const needed = {
  unshare: { debianPackage: 'util-linux', folders: inPath },
  setpriv: { debianPackage: 'util-linux', folders: inPath },
  postgres: { debianPackage: 'postgresql-15', folders: () => Promise.resolve([postgresPrograms]) },
  patroni: { debianPackage: 'patroni', folders: inPath },
};

/**
 * What these tests need and this machine lacks, as a sentence; `undefined` when they can run. As root on Debian the
 * packages are installed.
 */
export async function missingForPostgres(): Promise<string | undefined> {
  if (process.getuid?.() !== 0) {
    return 'pods as processes with mounts of their own need root';
  }
  try {
    // One after the other: each may install its package.
    for (const [program, source] of Object.entries(needed)) {
      await findProgram(program, source);
    }
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

/** One stack whose PostgreSQL really runs: control plane, the operator's process, and Patroni as processes. */
export class PostgresRig implements AsyncDisposable {
  readonly server: LocalControlPlane;
  readonly node: ProcessNode;
  readonly #kubeconfig: string;
  #operator: OperatorProcess;

  private constructor(server: LocalControlPlane, node: ProcessNode, kubeconfig: string, operator: OperatorProcess) {
    this.server = server;
    this.node = node;
    this.#kubeconfig = kubeconfig;
    this.#operator = operator;
  }

  static async start(): Promise<PostgresRig> {
    const server = await startControlPlane();
    const kubeconfig = await installOperator(server);
    await createNamespace(server, namespace);
    await server.kubectl(['label', 'namespace', namespace, 'pod-security.kubernetes.io/enforce=restricted']);
    await apply(server, defaultStorageClass);
    const node = await ProcessNode.start(server, {
      namespace,
      labelSelector: 'app.kubernetes.io/name=postgres',
      path: postgresPrograms,
      probePort: 8008,
      environment: (address) => ({
        PATRONI_POSTGRESQL_LISTEN: `${address}:5432`,
        PATRONI_RESTAPI_LISTEN: `${address}:8008`,
      }),
      missingImages: ['registry.example/nowhere:1'],
    });
    return new PostgresRig(server, node, kubeconfig, await operate(kubeconfig));
  }

  get operator(): OperatorProcess {
    return this.#operator;
  }

  async restartOperator(): Promise<void> {
    await this.#operator.kill();
    this.#operator = await operate(this.#kubeconfig);
  }

  /**
   * After an outage of the API server: in a cluster these two end when they cannot renew their lease, and are started
   * again. Here they hold none, and their watches, which back off up to a minute, would leave new pods unscheduled.
   */
  async restartControllers(): Promise<void> {
    for (const name of ['kube-controller-manager', 'kube-scheduler'] as const) {
      await this.server.stopProgram(name);
      await this.server.startProgram(name);
    }
  }

  /** Applies the stack as a user would. */
  async apply(spec: Partial<EcommerceStackSpec>, annotations: Readonly<Record<string, string>> = {}): Promise<void> {
    const manifest = aManifest(namespace, 'shop', { services: onlyProduct, ...spec });
    await apply(this.server, { ...manifest, metadata: { ...manifest.metadata, annotations } });
  }

  stack(): Promise<EcommerceStack> {
    return getStack(this.server, namespace, 'shop');
  }

  /** Waits for PostgreSQL's entry in the status of the stack's present generation. */
  async waitForPostgres(accept: (component: Component) => boolean, timeoutMs = 150_000): Promise<Component> {
    const stack = await waitForStack(
      this.server,
      `${namespace}/shop`,
      ({ metadata, status }) => {
        const component = postgresOf(status);
        return status?.observedGeneration === metadata.generation && component !== undefined && accept(component);
      },
      timeoutMs,
    ).catch(async (error: unknown) => {
      throw new Error(`${String(error)}\n${await this.explain()}`);
    });
    const component = postgresOf(stack.status);
    if (component === undefined) {
      throw new Error('the status has no entry for postgres');
    }
    return component;
  }

  pods(): Promise<readonly KubernetesObject[]> {
    return listObjects(this.server, namespace, 'pods').then((pods) =>
      pods.filter(({ metadata }) => metadata.labels?.['app.kubernetes.io/name'] === 'postgres'),
    );
  }

  /** Name of the pod that Patroni has labelled as leader. */
  async leader(): Promise<string | undefined> {
    const pods = await this.pods();
    return pods.find(({ metadata }) => metadata.labels?.['ecommerce.stack/postgres-role'] === 'master')?.metadata.name;
  }

  /** A superuser's query on the pod. */
  async query(pod: string, text: string, database = 'postgres'): Promise<readonly Record<string, unknown>[]> {
    const password = await this.secret('shop-postgres-credentials', 'superuser-password');
    return this.queryAs(pod, { user: 'postgres', password, database }, text);
  }

  /** A query through a throw-away session. */
  async queryAs(pod: string, login: Login, text: string): Promise<readonly Record<string, unknown>[]> {
    const client = new pg.Client({
      ...login,
      host: await this.address(pod),
      port: 5432,
      connectionTimeoutMillis: 3_000,
    });
    client.on('error', () => undefined);
    await client.connect();
    try {
      return (await client.query<Record<string, unknown>>(text)).rows;
    } finally {
      await client.end();
    }
  }

  /** Hands the lead over as an administrator would. */
  async switchover(leader: string, candidate: string): Promise<void> {
    const password = await this.secret('shop-postgres-credentials', 'rest-password');
    const answer = await fetch(`http://${await this.address(leader)}:8008/switchover`, {
      method: 'POST',
      headers: { authorization: `Basic ${Buffer.from(`operator:${password}`).toString('base64')}` },
      body: JSON.stringify({ leader, candidate }),
    });
    if (!answer.ok) {
      throw new Error(`switchover: ${answer.status} ${await answer.text()}`);
    }
    await this.until('the candidate leads', async () => (await this.leader()) === candidate);
  }

  /** What would show any write to PostgreSQL's objects: versions by name. */
  async versions(): Promise<Readonly<Record<string, string>>> {
    const kinds = [
      'statefulsets',
      'services',
      'configmaps',
      'secrets',
      'roles',
      'rolebindings',
      'serviceaccounts',
    ] as const;
    const objects = await listObjects(this.server, namespace, ...kinds);
    return Object.fromEntries(
      objects
        // Patroni renews its leader's lease there every few seconds.
        .filter(({ metadata: { name } }) => name.includes('postgres') && !name.endsWith('-postgres-leader'))
        .map(({ kind, metadata }) => [`${kind} ${metadata.name}`, metadata.resourceVersion ?? '']),
    );
  }

  async secret(name: string, key: string): Promise<string> {
    const { data } = JSON.parse(await this.server.kubectl(['get', 'secret', name, '-n', namespace, '-o', 'json']));
    return Buffer.from(String(data[key]), 'base64').toString();
  }

  async address(pod: string): Promise<string> {
    return addressOf((await this.pods()).find(({ metadata }) => metadata.name === pod));
  }

  kubectl(args: readonly string[], options?: { readonly input: string }): Promise<string> {
    return this.server.kubectl([...args, '-n', namespace], options);
  }

  /** What a failed wait needs beside the status. */
  async explain(): Promise<string> {
    const pods = await this.pods();
    const logs = pods.map(({ metadata }) => `--- ${metadata.name}\n${this.node.logs(metadata.name, 25)}`);
    const described = await Promise.all([
      this.kubectl(['describe', 'pods', '-l', 'app.kubernetes.io/name=postgres']),
      this.server.kubectl(['describe', 'nodes']),
    ]);
    const warnings = this.operator.logs.filter(({ level }) => level === 'error' || level === 'warn').slice(-5);
    const failure = `the node's last round: ${String(this.node.lastError ?? 'fine')}`;
    return [...logs, ...described, failure, ...warnings.map((line) => JSON.stringify(line))].join('\n');
  }

  /** Kills the operator, and waits until the pods have ended. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#operator.kill();
    await this.node[Symbol.asyncDispose]();
    await this.server[Symbol.asyncDispose]();
  }

  /** Waits until this holds, at most half a minute. */
  until(what: string, condition: () => Promise<boolean>, timeoutMs = 30_000): Promise<boolean> {
    return waitFor(what, condition, { timeoutMs, explain: () => this.explain() });
  }
}

/** Its volumes are made by the node; they do not grow unless a test lets them. */
const defaultStorageClass = {
  apiVersion: 'storage.k8s.io/v1',
  kind: 'StorageClass',
  metadata: { name: 'local', annotations: { 'storageclass.kubernetes.io/is-default-class': 'true' } },
  provisioner: 'example.com/none',
  allowVolumeExpansion: false,
};

export interface Login {
  readonly user: string;
  readonly password: string;
  readonly database: string;
}

type Component = NonNullable<NonNullable<EcommerceStack['status']>['components']>[number];

/** The other owners of a database are off: one is enough, and quicker. */
export const onlyProduct = {
  user: { enabled: false },
  cart: { enabled: false },
  order: { enabled: false },
  payment: { enabled: false },
  inventory: { enabled: false },
  notification: { enabled: false },
  search: { enabled: false },
};

function operate(kubeconfig: string): Promise<OperatorProcess> {
  return startOperator(kubeconfig, { OPERATOR_VERSIONS: JSON.stringify({ postgres: '15' }) });
}

function postgresOf(status: EcommerceStack['status']): Component | undefined {
  return status?.components?.find(({ name }) => name === 'postgres');
}

function addressOf(pod: KubernetesObject | undefined): string {
  const status = pod?.['status'];
  const address = typeof status === 'object' && status !== null && 'podIP' in status ? status.podIP : undefined;
  if (typeof address !== 'string') {
    throw new Error('the pod has no address');
  }
  return address;
}
