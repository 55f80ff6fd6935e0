import type { Registry } from 'prom-client';

/** `/metrics` on one port, `/livez`, `/readyz` (and `/healthz`) on another, so that a network policy can tell them apart. */
export interface HealthServer {
  /** Resolves with the ports in use when both listen; rejects with port and cause when one is taken. */
  start(): Promise<{ readonly metricsPort: number; readonly probesPort: number }>;
  /** Closes both at once. */
  stop(): Promise<void>;
}

/** `undefined` is healthy; otherwise a sentence that says what is wrong. `/readyz/<name>` answers for one check. */
export interface HealthCheck {
  readonly name: string;
  check(): string | undefined;
}

export interface HealthServerOptions {
  readonly registry: Registry;
  readonly livez: readonly HealthCheck[];
  readonly readyz: readonly HealthCheck[];
  /** 8080 when absent; 0 for any free one. */
  readonly metricsPort?: number;
  /** 8081 when absent; 0 for any free one. */
  readonly probesPort?: number;
  /** Address to listen on; all when absent. */
  readonly host?: string;
}

export declare function createHealthServer(options: HealthServerOptions): HealthServer;
