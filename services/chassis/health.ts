/** Is this process able to serve? Asked by Kubernetes' probes and by the gateway's callers. */

/** One thing that serving depends on. */
export interface Check {
  readonly name: string;
  /** False: a failure is shown as `degraded` and does not take the process out of service. */
  readonly isRequired: boolean;
  /** Resolves when it works; rejects with the reason when not. */
  readonly probe: () => Promise<void>;
}

export type HealthStatus = 'ok' | 'degraded' | 'unavailable';

/** The body of `/health`. Reasons are in the logs, not here: the address is public. */
export interface Health {
  readonly status: HealthStatus;
  readonly checks: Readonly<Record<string, 'ok' | 'failed'>>;
}

export interface Readiness {
  add(check: Check): void;
  /** From now on the answer is `unavailable`, so that no new traffic comes. */
  drain(): void;
  readonly isDraining: boolean;
  evaluate(): Promise<Health>;
}

/** Longest wait for one check: below the probes' own timeout of 1 s. */
const checkTimeoutMs = 800;

/** `onFailure` is told why a check failed, once per change from working to failing. */
export function createReadiness(onFailure: (check: string, error: unknown) => void): Readiness {
  const checks: Check[] = [];
  const failing = new Set<string>();
  let isDraining = false;
  let running: Promise<Health> | undefined;

  const evaluate = async (): Promise<Health> => {
    const results = await Promise.all(checks.map(async (check) => ({ check, error: await failureOf(check) })));
    for (const { check, error } of results) {
      if (error === undefined) failing.delete(check.name);
      else if (!failing.has(check.name)) {
        failing.add(check.name);
        onFailure(check.name, error);
      }
    }
    return summarise(results, isDraining);
  };

  return {
    add: (check) => void checks.push(check),
    drain: () => {
      isDraining = true;
    },
    get isDraining() {
      return isDraining;
    },
    // Many probes at once share one evaluation.
    evaluate: () => {
      running ??= evaluate().finally(() => {
        running = undefined;
      });
      return running;
    },
  };
}

function summarise(results: readonly { check: Check; error: unknown }[], isDraining: boolean): Health {
  const failed = results.filter((result) => result.error !== undefined);
  const isUnavailable = isDraining || failed.some((result) => result.check.isRequired);
  const checks = Object.fromEntries(
    results.map(({ check, error }) => [check.name, error === undefined ? ('ok' as const) : ('failed' as const)]),
  );
  if (isUnavailable) return { status: 'unavailable', checks };
  return { status: failed.length > 0 ? 'degraded' : 'ok', checks };
}

async function failureOf(check: Check): Promise<unknown> {
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer in ${checkTimeoutMs} ms`)), checkTimeoutMs);
  });
  try {
    await Promise.race([check.probe(), timeout]);
    return undefined;
  } catch (error) {
    return error ?? new Error('failed');
  } finally {
    clearTimeout(timer);
  }
}
