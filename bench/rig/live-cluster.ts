import { startApiServer } from '../../lab/api.ts';
import { waitFor } from '../../lab/control-plane/wait.ts';
import { kinds } from '../../operator/api/kinds.ts';
import type { EcommerceStack } from '../../operator/api/v1beta1/ecommerce-stack.ts';
import { installOperator } from '../../test/support/operator-process.ts';
import { type Admin, openAdmin } from './admin.ts';
import { type OperatorProgram, type OperatorProgramOptions, startOperatorProgram } from './operator-program.ts';
import { createPodIdentity } from './pod-identity.ts';
import { RequestLog } from './requests.ts';
import type { BenchServer } from './server.ts';
import { type StatusDriver, startStatusDriver } from './status-driver.ts';

/** The user that the operator process is, with the rights of the chart. */
const operatorUser = 'ecommerce-operator';

/** How a live cluster's operator is run. */
export interface LiveOperatorOptions extends Omit<OperatorProgramOptions, 'identity'> {
  /** With the service account of a pod; else with a kubeconfig. */
  readonly isInPod?: boolean;
}

/** An API server with somebody who plays controllers and kubelets, and the operator as a process of its own. */
export interface LiveCluster extends AsyncDisposable {
  readonly server: BenchServer;
  readonly admin: Admin;
  readonly driver: StatusDriver;
  /** What the operator asks, by the audit log. */
  readonly requests: RequestLog;
  /** Starts the operator; resolves when its caches are in sync. */
  startOperator(options?: LiveOperatorOptions): Promise<OperatorProgram>;
  /** Resolves when every stack is as wanted. */
  whenStacks(what: string, accept: (stack: EcommerceStack) => boolean): Promise<void>;
  /** Resolves when nobody who plays controllers has anything to do. */
  whenDriven(): Promise<void>;
  /** Resolves when the operator has asked nothing for this long, milliseconds. */
  whenQuiet(quietMs: number): Promise<void>;
}

const timeoutMs = 400_000;

/** Starts everything but the operator. */
export async function startLiveCluster(options: { readonly audit: boolean }): Promise<LiveCluster> {
  const server = await startApiServer(options);
  const kubeconfig = await installOperator(server);
  const admin = await openAdmin(server.kubeconfigPath);
  const driver = await startStatusDriver(server.kubeconfigPath);
  const pod = await createPodIdentity(server, operatorUser);
  const requests = new RequestLog(server, operatorUser);
  return {
    server,
    admin,
    driver,
    requests,
    startOperator: ({ isInPod = false, ...how } = {}) =>
      startOperatorProgram({ ...how, identity: isInPod ? pod : { KUBECONFIG: kubeconfig } }),
    whenStacks: (what, accept) => whenStacks(admin, driver, what, accept),
    whenDriven: () => whenDriven(driver),
    whenQuiet: (quietMs) => whenQuiet(requests, quietMs),
    async [Symbol.asyncDispose]() {
      await driver[Symbol.asyncDispose]();
      await admin[Symbol.asyncDispose]();
      await server.stop();
    },
  };
}

/** The stack is ready, in the form that its manifest has now. */
export function isReady({ metadata, status }: EcommerceStack): boolean {
  return (
    status?.observedGeneration === metadata.generation &&
    (status?.conditions ?? []).some(({ type, status: value }) => type === 'Ready' && value === 'True')
  );
}

async function whenStacks(
  admin: Admin,
  driver: StatusDriver,
  what: string,
  accept: (stack: EcommerceStack) => boolean,
): Promise<void> {
  let last: readonly EcommerceStack[] = [];
  const look = async () => {
    // `as`: the server validates every stack against the schema that the type is made of.
    last = (await admin.client.list(kinds.EcommerceStack)) as unknown as readonly EcommerceStack[];
    return last.every(accept);
  };
  const explain = () => {
    const messages = last
      .filter((stack) => !accept(stack))
      .map(({ metadata, status }) => `${metadata.namespace}: ${status?.message}`);
    return [...messages.slice(0, 5), ...driver.failures.slice(0, 5)].join('\n');
  };
  await waitFor(what, look, { timeoutMs, intervalMs: 250, explain });
}

async function whenDriven(driver: StatusDriver): Promise<void> {
  const explain = () => driver.failures.slice(0, 5).join('\n');
  await waitFor('all workloads are driven', async () => driver.pending === 0, { timeoutMs, explain });
}

async function whenQuiet(requests: RequestLog, quietMs: number): Promise<void> {
  let last = { count: -1, sinceMs: performance.now() };
  const look = async () => {
    const { length: count } = await requests.all();
    if (count !== last.count) {
      last = { count, sinceMs: performance.now() };
    }
    return performance.now() - last.sinceMs >= quietMs;
  };
  await waitFor('the operator is quiet', look, { timeoutMs, intervalMs: 250 });
}
