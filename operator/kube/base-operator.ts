import dotI, { type OperatorLogger, type ResourceEvent, type ResourceMeta } from '@dot-i/k8s-operator';
import type { RootKubeClient } from './client.ts';
import type { KubeConnection } from './connection.ts';
import type { KubeMetrics } from './metrics.ts';
import type { KubeLogger } from './ports.ts';
import type { Transport } from './transport.ts';

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
 */
export declare abstract class BaseOperator extends dotI.default {
  protected readonly transport: Transport;
  protected readonly client: RootKubeClient;
  protected readonly metrics: KubeMetrics;
  protected readonly log: KubeLogger;
  /** Aborted by `stop`. */
  protected readonly stopping: AbortSignal;

  constructor(options: BaseOperatorOptions);

  /** Ends watches and calls; idempotent. `stopped()` resolves when everything is closed. */
  override stop(): void;
  stopped(): Promise<void>;
  protected override watchResource(
    group: string,
    version: string,
    plural: string,
    onEvent: (event: ResourceEvent) => Promise<void>,
    namespace?: string,
  ): Promise<void>;
  protected override setResourceFinalizers(meta: ResourceMeta, finalizers: string[]): Promise<void>;
  protected override setResourceStatus(meta: ResourceMeta, status: unknown): Promise<ResourceMeta>;
  protected override patchResourceStatus(meta: ResourceMeta, status: unknown): Promise<ResourceMeta>;
}

export type { OperatorLogger };
