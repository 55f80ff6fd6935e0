import { hostname } from 'node:os';
import type { InstallationDefaults, StoreName } from './api/v1beta1/complete.ts';
import { serviceAccountDirectory } from './kube/connection.ts';

/** The operator's settings, read once from the environment; every variable begins with `OPERATOR_`. */
export interface OperatorConfig {
  /** `OPERATOR_LOG_LEVEL`: error, warn, info (default) or debug. */
  readonly logLevel: 'error' | 'warn' | 'info' | 'debug';
  /** `OPERATOR_METRICS_PORT`, default 8080; 0 takes any free port. */
  readonly metricsPort: number;
  /** `OPERATOR_PROBES_PORT`, default 8081; 0 takes any free port. */
  readonly probesPort: number;
  /** `OPERATOR_NAMESPACES`: comma-separated; empty (default) watches all. */
  readonly namespaces: readonly string[];
  /** `OPERATOR_CONCURRENCY`: stacks worked on at once, default 4. */
  readonly concurrency: number;
  /** `OPERATOR_NAME`: of this process, for Events and leadership; default the host (pod) name. */
  readonly instance: string;
  /** `OPERATOR_INSTALL_CRD`: `true` applies the CRD at start, for a run from a checkout; the chart brings its own. */
  readonly installCrd: boolean;
  /** `OPERATOR_SERVICE_ACCOUNT_DIRECTORY`: of token, CA and namespace, for a pod that mounts them elsewhere than usual. */
  readonly serviceAccountDirectory: string;
  /** `OPERATOR_REGISTRY`, `OPERATOR_IMAGES` and `OPERATOR_VERSIONS` (JSON objects by store name). */
  readonly installation: InstallationDefaults;
}

type Environment = Readonly<Record<string, string | undefined>>;

const logLevels = ['error', 'warn', 'info', 'debug'] as const;
const stores: readonly StoreName[] = ['postgres', 'redis', 'kafka', 'elasticsearch'];

/**
 * Parses the environment.
 *
 * @throws Error that lists every wrong or unknown `OPERATOR_` variable with its value and what is allowed.
 */
export function parseConfig(environment: Environment): OperatorConfig {
  const reader = new Reader(environment);
  const config: OperatorConfig = {
    logLevel: reader.oneOf('OPERATOR_LOG_LEVEL', logLevels, 'info'),
    metricsPort: reader.integer('OPERATOR_METRICS_PORT', { default: 8080, min: 0, max: 65_535 }),
    probesPort: reader.integer('OPERATOR_PROBES_PORT', { default: 8081, min: 0, max: 65_535 }),
    namespaces: reader.list('OPERATOR_NAMESPACES'),
    concurrency: reader.integer('OPERATOR_CONCURRENCY', { default: 4, min: 1, max: 64 }),
    instance: reader.text('OPERATOR_NAME', hostname()),
    installCrd: reader.oneOf('OPERATOR_INSTALL_CRD', ['true', 'false'], 'false') === 'true',
    serviceAccountDirectory: reader.text('OPERATOR_SERVICE_ACCOUNT_DIRECTORY', serviceAccountDirectory),
    installation: {
      registry: reader.text('OPERATOR_REGISTRY', 'ecommerce-stack'),
      images: reader.byStore('OPERATOR_IMAGES'),
      versions: reader.byStore('OPERATOR_VERSIONS'),
    },
  };
  reader.finish();
  return Object.freeze(config);
}

/** The environment of this process, parsed. */
export function loadConfig(): OperatorConfig {
  return parseConfig(process.env);
}

/** Reads variables and collects what is wrong with them, so that one message names all. */
class Reader {
  readonly #environment: Environment;
  readonly #known = new Set<string>();
  readonly #faults: string[] = [];

  constructor(environment: Environment) {
    this.#environment = environment;
  }

  text(name: string, fallback: string): string {
    return this.#take(name) ?? fallback;
  }

  list(name: string): readonly string[] {
    return (this.#take(name) ?? '')
      .split(',')
      .map((part) => part.trim())
      .filter((part) => part !== '');
  }

  oneOf<Value extends string>(name: string, allowed: readonly Value[], fallback: Value): Value {
    const value = this.#take(name);
    const found = value === undefined ? fallback : allowed.find((one) => one === value);
    if (found === undefined) {
      this.#faults.push(`${name}=${value}: allowed are ${allowed.join(', ')}`);
    }
    return found ?? fallback;
  }

  integer(name: string, bounds: { readonly default: number; readonly min: number; readonly max: number }): number {
    const value = this.#take(name);
    if (value === undefined) {
      return bounds.default;
    }
    const number = Number(value);
    if (!Number.isInteger(number) || number < bounds.min || number > bounds.max) {
      this.#faults.push(`${name}=${value}: allowed are whole numbers from ${bounds.min} to ${bounds.max}`);
      return bounds.default;
    }
    return number;
  }

  byStore(name: string): Readonly<Partial<Record<StoreName, string>>> {
    const value = this.#take(name);
    const parsed = value === undefined ? {} : parseObject(value);
    const isRight =
      parsed !== undefined &&
      Object.entries(parsed).every(([key, one]) => stores.some((store) => store === key) && typeof one === 'string');
    if (!isRight) {
      this.#faults.push(`${name}=${value}: allowed is a JSON object of strings with the keys ${stores.join(', ')}`);
      return {};
    }
    // Every key and value has just been checked.
    return parsed;
  }

  finish(): void {
    const unknown = Object.keys(this.#environment).filter(
      (name) => name.startsWith('OPERATOR_') && !this.#known.has(name),
    );
    const faults = [
      ...this.#faults,
      ...unknown.map((name) => `${name} is not a setting; known are ${[...this.#known].join(', ')}`),
    ];
    if (faults.length > 0) {
      throw new Error(`The operator's environment is wrong:\n- ${faults.join('\n- ')}`);
    }
  }

  #take(name: string): string | undefined {
    this.#known.add(name);
    const value = this.#environment[name];
    return value === undefined || value === '' ? undefined : value;
  }
}

function parseObject(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : undefined;
  } catch {
    return undefined;
  }
}
