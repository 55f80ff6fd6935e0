import type { ExecutionContext } from 'ava';
import { startApiServer } from '../../lab/api.ts';
import type { AuditEvent } from '../../lab/control-plane/audit.ts';
import type { LocalControlPlane } from '../../lab/control-plane/local-control-plane.ts';
import { waitFor } from '../../lab/control-plane/wait.ts';
import { installOperator, type OperatorProcess, startOperator } from './operator-process.ts';
import { aManifest, apply, createNamespace, waitForStack } from './stacks.ts';

/** An API server that counts requests, the installed operator's rights, and stacks in namespaces of their own. */
export class OperatorRig {
  readonly server: LocalControlPlane;
  readonly #kubeconfig: string;

  private constructor(server: LocalControlPlane, kubeconfig: string) {
    this.server = server;
    this.#kubeconfig = kubeconfig;
  }

  static async start(): Promise<OperatorRig> {
    const server = await startApiServer({ audit: true });
    return new OperatorRig(server, await installOperator(server));
  }

  stop(): Promise<void> {
    return this.server.stop();
  }

  /** The operator for one namespace, as a process; it ends with the test. */
  async operate(t: ExecutionContext, namespace: string): Promise<OperatorProcess> {
    const operator = await startOperator(this.#kubeconfig, { OPERATOR_NAMESPACES: namespace });
    t.teardown(() => operator.kill());
    return operator;
  }

  /** A new namespace with a stack `shop` whose children have all been applied, and the operator that did it. */
  async withStack(t: ExecutionContext, namespace: string): Promise<OperatorProcess> {
    await createNamespace(this.server, namespace);
    const operator = await this.operate(t, namespace);
    await apply(this.server, aManifest(namespace, 'shop'));
    await waitForStack(this.server, `${namespace}/shop`, ({ status }) => (status?.components?.length ?? 0) > 3);
    await this.quiet(namespace);
    return operator;
  }

  /** What the operator asked of the API server in a namespace, watches and Events excepted: `patch services a`. */
  async requestsOf(namespace: string): Promise<readonly string[]> {
    const events = await this.server.auditEvents();
    return events.filter((event) => isCall(event, namespace)).map(describe);
  }

  /** Waits until the operator has asked nothing for two seconds, and gives the number of its requests. */
  quiet(namespace: string): Promise<number> {
    let last = { count: -1, sinceMs: performance.now() };
    const isQuiet = async () => {
      const { length: count } = await this.requestsOf(namespace);
      if (count !== last.count) {
        last = { count, sinceMs: performance.now() };
      }
      return performance.now() - last.sinceMs > 2000 ? count : undefined;
    };
    return waitFor('the operator is quiet', isQuiet, { timeoutMs: 60_000, intervalMs: 200 });
  }
}

/** What the operator asks about a namespace, watches and Events excepted. */
export function isCall({ user, objectRef, verb }: AuditEvent, namespace: string): boolean {
  return (
    user.username === 'ecommerce-operator' &&
    objectRef?.namespace === namespace &&
    objectRef.resource !== 'events' &&
    verb !== 'watch'
  );
}

function describe({ verb, objectRef }: AuditEvent): string {
  const resource = [objectRef?.resource, objectRef?.subresource].filter((part) => part !== undefined).join('/');
  return [verb, resource, objectRef?.name].filter((part) => part !== undefined).join(' ');
}
