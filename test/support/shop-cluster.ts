import { startCluster } from '../../lab/api.ts';
import type { TestCluster } from '../../lab/cluster/test-cluster.ts';
import { waitFor } from '../../lab/control-plane/wait.ts';
import { deployOperator } from '../../lab/delivery/deploy.ts';
import { supplyImages } from '../../lab/delivery/supply.ts';
import { silentProgress } from '../../lab/progress.ts';
import type { EcommerceStack, EcommerceStackSpec } from '../../operator/api/v1beta1/ecommerce-stack.ts';
import { listObjects } from './read-objects.ts';
import { adminClient, ShopClient } from './shop-client.ts';
import { aManifest, apply, conditionOf, getStack, type Kubectl, waitForStack } from './stacks.ts';

export const namespace = 'shop';

/** Six services and four stores come up in two minutes on two idle processors; on busy ones it takes a multiple of that. */
const bootTimeoutMs = 600_000;

/** A lab with the operator in it: where the tests of whole stacks take place. */
export class ShopCluster implements AsyncDisposable {
  readonly #lab: TestCluster;

  private constructor(lab: TestCluster) {
    this.#lab = lab;
  }

  static async start(): Promise<ShopCluster> {
    const lab = await startCluster();
    try {
      await deployOperator(lab.cluster, silentProgress, '1.0.0');
      await createRestrictedNamespace(lab.cluster, namespace);
    } catch (error) {
      await lab.stop();
      throw error;
    }
    return new ShopCluster(lab);
  }

  get cluster() {
    return this.#lab.cluster;
  }

  kubectl(...args: readonly string[]): Promise<string> {
    return this.#lab.cluster.kubectl(args);
  }

  /** Images of these services, as they are, under the tag of another version. */
  async supply(services: readonly string[], version: string): Promise<void> {
    await supplyImages(this.cluster, { names: services, version }, silentProgress);
  }

  /** Applies the stack and waits until its present generation is Ready. */
  async ready(name: string, spec: Partial<EcommerceStackSpec>, timeoutMs = bootTimeoutMs): Promise<EcommerceStack> {
    await apply(this.cluster, aManifest(namespace, name, spec));
    return this.becomesReady(name, timeoutMs);
  }

  /** Waits until the stack is Ready for its present generation. */
  becomesReady(name: string, timeoutMs = bootTimeoutMs, of = namespace): Promise<EcommerceStack> {
    const isReady = (stack: EcommerceStack) =>
      stack.status?.observedGeneration === stack.metadata.generation &&
      conditionOf(stack, 'Ready')?.status === 'True' &&
      stack.status?.phase === 'Ready';
    return waitForStack(this.cluster, `${of}/${name}`, isReady, timeoutMs).catch(async (error: unknown) => {
      throw new Error(`${await this.#lastWords(of)} ${String(error)}`, { cause: error });
    });
  }

  /** The last warnings of pods that are not ready, in one line: what a wait that was over needs beside the status. */
  async #lastWords(of: string): Promise<string> {
    const pods = await listObjects(this.cluster, of, 'pods');
    const unready = pods.filter((pod) =>
      /"type":"Ready","status":"False"|"status":"False","type":"Ready"/.test(JSON.stringify(pod)),
    );
    const words = await Promise.all(
      unready.map(async ({ metadata: { name } }) => {
        const log = await this.kubectl('logs', name, '-n', of, '--tail=200').catch(String);
        const warnings = log.split('\n').filter((line) => /"level":"(warn|error|fatal)"/.test(line));
        return `${name}: ${
          warnings
            .slice(-2)
            .map((line) => line.slice(0, 250))
            .join(' ') || 'no warning'
        }`;
      }),
    );
    return `[${words.join('; ')}]`;
  }

  stack(name: string): Promise<EcommerceStack> {
    return getStack(this.cluster, namespace, name);
  }

  /** Names of a component's pods that are not on their way out. */
  async pods(component: string): Promise<readonly string[]> {
    const pods = await listObjects(this.cluster, namespace, 'pods');
    return pods
      .filter(
        ({ metadata }) =>
          metadata.labels?.['app.kubernetes.io/name'] === component && metadata.deletionTimestamp === undefined,
      )
      .map(({ metadata }) => metadata.name);
  }

  /** Pod that holds PostgreSQL's leadership. */
  async postgresLeader(): Promise<{ readonly name: string; readonly uid: string } | undefined> {
    const pods = await listObjects(this.cluster, namespace, 'pods');
    const leader = pods.find(({ metadata }) =>
      ['master', 'primary'].includes(metadata.labels?.['ecommerce.stack/postgres-role'] ?? ''),
    );
    return leader && { name: leader.metadata.name, uid: leader.metadata.uid ?? '' };
  }

  /** The gateway of a stack, for customers and for an administrator. */
  async shop(name: string, of = namespace): Promise<{ visitor: ShopClient; admin: ShopClient; url: string }> {
    const { url } = await this.cluster.publish({ namespace: of, name: `${name}-gateway`, port: 8000 }, 0);
    const visitor = new ShopClient(url);
    await waitFor('the gateway answers', async () => (await visitor.get('/health')).status === 200, {
      timeoutMs: 30_000,
    });
    return { visitor, admin: await adminClient(this.cluster, { namespace: of, name }, url), url };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#lab.stop();
  }
}

/** A namespace that admits only pods of the strictest standard. */
export async function createRestrictedNamespace(cluster: Kubectl, name: string): Promise<void> {
  const labels = { 'pod-security.kubernetes.io/enforce': 'restricted' };
  await apply(cluster, { apiVersion: 'v1', kind: 'Namespace', metadata: { name, labels } });
}
