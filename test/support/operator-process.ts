import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import type { LocalControlPlane } from '../../lab/control-plane/local-control-plane.ts';
import { FatalWaitError, waitFor } from '../../lab/control-plane/wait.ts';
import { findFreePorts } from '../../lab/programs/ports.ts';
import { components } from '../../operator/components/index.ts';
import { enginePermissions } from '../../operator/engine/permissions.ts';
import { mergeRules } from '../../scripts/generate/rbac.ts';

/** User that the operator of a test is, with exactly the rights that the chart gives it. */
const userName = 'ecommerce-operator';

export interface OperatorProcess extends AsyncDisposable {
  readonly pid: number;
  /** Log lines so far, parsed. */
  readonly logs: readonly Record<string, unknown>[];
  /** Value of a metric with exactly these labels; `undefined` when there is no such series. */
  metric(name: string, labels?: Readonly<Record<string, string>>): Promise<number | undefined>;
  /** SIGTERM; resolves with the exit code. */
  stop(): Promise<number | null>;
  /** SIGKILL; resolves when it is gone. */
  kill(): Promise<void>;
}

/** Installs the CRD and the rights that the chart would; once per API server. */
export async function installOperator(server: LocalControlPlane): Promise<string> {
  await server.installCrds(['crds/ecommercestack.yaml']);
  const metadata = { name: userName };
  const rules = mergeRules([...enginePermissions, ...components.flatMap(({ permissions }) => permissions)]);
  const role = { apiVersion: 'rbac.authorization.k8s.io/v1', kind: 'ClusterRole', metadata, rules };
  const binding = {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'ClusterRoleBinding',
    metadata,
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: userName },
    subjects: [{ apiGroup: 'rbac.authorization.k8s.io', kind: 'User', name: userName }],
  };
  for (const object of [role, binding]) {
    await server.kubectl(['apply', '--server-side', '-f', '-'], { input: JSON.stringify(object) });
  }
  return server.createKubeconfig({ name: userName });
}

/** The real operator as a process of its own; resolves when its caches are in sync. */
export async function startOperator(
  kubeconfig: string,
  environment: Readonly<Record<string, string>> = {},
): Promise<OperatorProcess> {
  const [metricsPort = 0, probesPort = 0] = await findFreePorts(2);
  const child = spawn(process.execPath, ['operator/main.ts'], {
    env: {
      ...process.env,
      KUBECONFIG: kubeconfig,
      OPERATOR_METRICS_PORT: String(metricsPort),
      OPERATOR_PROBES_PORT: String(probesPort),
      OPERATOR_LOG_LEVEL: 'debug',
      ...environment,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const logs: Record<string, unknown>[] = [];
  const raw = collect(child, logs);
  const operator = new Running(child, logs, metricsPort);
  const isReady = async (): Promise<boolean> => {
    if (child.exitCode !== null) {
      throw new FatalWaitError(`the operator ended with code ${child.exitCode}:\n${raw.join('')}`);
    }
    return (await fetch(`http://127.0.0.1:${probesPort}/readyz`)).ok;
  };
  await waitFor('the operator is ready', isReady, { timeoutMs: 60_000, explain: () => raw.slice(-20).join('') });
  return operator;
}

function collect(child: ChildProcess, logs: Record<string, unknown>[]): readonly string[] {
  const raw: string[] = [];
  let rest = '';
  child.stderr?.on('data', (chunk) => raw.push(String(chunk)));
  child.stdout?.on('data', (chunk) => {
    raw.push(String(chunk));
    const lines = (rest + String(chunk)).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines.filter((one) => one.startsWith('{'))) {
      logs.push(JSON.parse(line));
    }
  });
  return raw;
}

class Running implements OperatorProcess {
  readonly #child: ChildProcess;
  readonly logs: readonly Record<string, unknown>[];
  readonly #metricsPort: number;

  constructor(child: ChildProcess, logs: readonly Record<string, unknown>[], metricsPort: number) {
    this.#child = child;
    this.logs = logs;
    this.#metricsPort = metricsPort;
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  async metric(name: string, labels: Readonly<Record<string, string>> = {}): Promise<number | undefined> {
    const answer = await fetch(`http://127.0.0.1:${this.#metricsPort}/metrics`);
    const line = (await answer.text())
      .split('\n')
      .find(
        (one) =>
          one.startsWith(name) && Object.entries(labels).every(([key, value]) => one.includes(`${key}="${value}"`)),
      );
    return line === undefined ? undefined : Number(line.slice(line.lastIndexOf(' ') + 1));
  }

  async stop(): Promise<number | null> {
    if (this.#child.exitCode === null && this.#child.signalCode === null) {
      this.#child.kill('SIGTERM');
      await once(this.#child, 'exit');
    }
    return this.#child.exitCode;
  }

  async kill(): Promise<void> {
    if (this.#child.exitCode === null && this.#child.signalCode === null) {
      this.#child.kill('SIGKILL');
      await once(this.#child, 'exit');
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill();
  }
}
