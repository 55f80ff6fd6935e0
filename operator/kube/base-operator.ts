import dotI, { type ResourceEvent, type ResourceMeta } from '@dot-i/k8s-operator';
import type { JsonObject, KubernetesObject } from '../api/kubernetes.ts';
import { createKubeClient, type RootKubeClient } from './client.ts';
import type { KubeConnection } from './connection.ts';
import { kindOfResource, toOperatorLogger, toRef, toResourceEvent, toResourceMeta } from './dot-i-shapes.ts';
import { EventFeed, type FeedType } from './event-feed.ts';
import type { KubeMetrics } from './metrics.ts';
import type { PooledKubeConfig } from './pooled-config.ts';
import type { KubeLogger } from './ports.ts';
import { Reflector } from './reflector.ts';
import { registerCrd } from './register-crd.ts';
import { createTransport, type Transport } from './transport.ts';

export interface BaseOperatorOptions {
  readonly connection: KubeConnection;
  readonly logger: KubeLogger;
  readonly metrics: KubeMetrics;
  readonly fieldManager: string;
  readonly fieldValidation?: 'Strict' | 'Warn' | 'Ignore';
}

/**
 * The outer shell: lifecycle and vocabulary of dot-i's operator class with our transport, reflector and writes behind
 * its seams. `init` (abstract) composes and starts everything; `start()` calls it once.
 *
 * As shipped, the class exits the process when a watch breaks and swallows failed writes; nothing of that is reachable
 * here, because every method that does so is overridden.
 */
export abstract class BaseOperator extends dotI.default {
  protected readonly transport: Transport;
  protected readonly client: RootKubeClient;
  protected readonly metrics: KubeMetrics;
  protected readonly log: KubeLogger;
  readonly #connection: KubeConnection;
  readonly #fieldManager: string;
  readonly #stop = new AbortController();
  readonly #watches: Promise<void>[] = [];
  #closed: Promise<void> | undefined;

  constructor(options: BaseOperatorOptions) {
    super(toOperatorLogger(options.logger));
    this.log = options.logger;
    this.metrics = options.metrics;
    this.#fieldManager = options.fieldManager;
    this.transport = createTransport(options);
    this.client = createKubeClient({ ...options, transport: this.transport });
    this.#connection = options.connection;
  }

  /** Aborted by `stop`. */
  protected get stopping(): AbortSignal {
    return this.#stop.signal;
  }

  /**
   * For code that speaks through client-node's API classes: a KubeConfig whose requests go over our pool. Loaded on demand,
   * because its generated models take more memory than all the rest of the operator.
   */
  protected async loadKubeConfig(): Promise<PooledKubeConfig> {
    const { PooledKubeConfig: Config } = await import('./pooled-config.ts');
    return new Config(this.#connection, this.transport);
  }

  /** Ends watches and calls; idempotent. `stopped()` resolves when everything is closed. */
  override stop(): void {
    this.#stop.abort(new Error('the operator stops'));
    this.#closed ??= Promise.all(this.#watches).then(() => this.transport.close());
  }

  /** Resolves when `stop` has been called and nothing is open any more. */
  async stopped(): Promise<void> {
    await this.#closed;
  }

  protected override getCustomResourceApiUri(
    group: string,
    version: string,
    plural: string,
    namespace?: string,
  ): string {
    const root = group === '' ? `/api/${version}` : `/apis/${group}/${version}`;
    return `${this.transport.server}${root}${namespace === undefined ? '' : `/namespaces/${namespace}`}/${plural}`;
  }

  /** Applies the CRD (also a newer one over an older) and waits until the API server serves it. */
  protected override async registerCustomResourceDefinition(
    crdFile: string,
  ): ReturnType<dotI.default['registerCustomResourceDefinition']> {
    const crd = await registerCrd(this.client, crdFile, this.#fieldManager);
    this.log.info({ crd: crd.metadata.name }, 'custom resource definition is served');
    // The server has validated the object against exactly this shape.
    const spec = crd['spec'] as Pick<CrdRegistration, 'group' | 'versions'> & { names: { plural: string } };
    return { group: spec.group, versions: spec.versions, plural: spec.names.plural };
  }

  /**
   * Watches until `stop`, whatever happens to the server; resolves at once. Events come one after the other; a handler
   * that rejects is logged and does not stop the next one.
   */
  // biome-ignore lint/complexity/useMaxParams: the signature is dot-i's
  protected override watchResource(
    group: string,
    version: string,
    plural: string,
    onEvent: (event: ResourceEvent) => Promise<void>,
    namespace?: string,
  ): Promise<void> {
    const kind = kindOfResource(group === '' ? version : `${group}/${version}`, plural);
    let last = Promise.resolve();
    const deliver = (type: FeedType, object: KubernetesObject): void => {
      last = last
        .then(() => onEvent(toResourceEvent(plural, type, object)))
        .catch((error: unknown) => this.log.error({ err: error, resource: plural }, 'the handler of an event failed'));
    };
    const reflector = new Reflector({
      transport: this.transport,
      kind,
      store: new EventFeed(deliver),
      logger: this.log,
      metrics: this.metrics,
      ...(namespace === undefined ? {} : { namespace }),
    });
    this.#watches.push(reflector.run(this.#stop.signal).then(() => last));
    return Promise.resolve();
  }

  /** Conditional on the resourceVersion of `meta`: another controller's finalizer is never lost. Rejects on conflict. */
  protected override async setResourceFinalizers(meta: ResourceMeta, finalizers: string[]): Promise<void> {
    await this.client.patch(toRef(meta), { metadata: { resourceVersion: meta.resourceVersion, finalizers } });
  }

  /** Server-side apply of the whole status as our own; rejects when it is not written. */
  protected override async setResourceStatus(meta: ResourceMeta, status: unknown): Promise<ResourceMeta> {
    const { apiVersion, kind, ...name } = toRef(meta);
    const body = { apiVersion, kind, metadata: name, status };
    const written = await this.client.apply(body, { manager: this.#fieldManager, subresource: 'status' });
    return toResourceMeta(meta.id, written);
  }

  /** Merge patch of the status; rejects when it is not written. */
  protected override async patchResourceStatus(meta: ResourceMeta, status: unknown): Promise<ResourceMeta> {
    // A status is JSON; the inherited signature leaves it open.
    const body = { status } as JsonObject;
    return toResourceMeta(meta.id, await this.client.patch(toRef(meta), body, { subresource: 'status' }));
  }
}

type CrdRegistration = Awaited<ReturnType<dotI.default['registerCustomResourceDefinition']>>;
