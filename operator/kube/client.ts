import type { KubeClient } from './kube-client.ts';
import type { KubeMetrics } from './metrics.ts';
import type { KubeLogger } from './ports.ts';
import type { Transport } from './transport.ts';

/** The client of the process; each pass works through a view of it. */
export interface RootKubeClient extends KubeClient {
  /**
   * A view for one pass: its writes share lanes under `key` (at most half of the lanes while others wait) and end with
   * `signal`.
   */
  forPass(scope: PassScope): KubeClient;
}

export interface PassScope {
  /** Usually the stack's key. */
  readonly key: string;
  readonly signal: AbortSignal;
}

export interface KubeClientOptions {
  readonly transport: Transport;
  readonly logger: KubeLogger;
  readonly metrics: KubeMetrics;
  /** Parallel writes; 8 when absent: more only adds latency at the API server. */
  readonly lanes?: number;
  /** What the server does with unknown fields; `Strict` (refuse) when absent. */
  readonly fieldValidation?: 'Strict' | 'Warn' | 'Ignore';
}

export declare function createKubeClient(options: KubeClientOptions): RootKubeClient;
