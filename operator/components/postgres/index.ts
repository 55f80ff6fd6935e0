import { kinds } from '../../api/kinds.ts';
import type { CompleteStack } from '../../api/v1beta1/complete-stack.ts';
import { type Action, type AnyComponent, type CredentialRequest, defineComponent } from '../contract.ts';
import { applyParameters } from './actions/apply-parameters.ts';
import { forgetFormerCluster } from './actions/forget-former-cluster.ts';
import { growVolumes } from './actions/grow-volumes.ts';
import { provision } from './actions/provision.ts';
import { replaceBrokenPod } from './actions/replace-broken-pod.ts';
import { restartPending } from './actions/restart-pending.ts';
import { rollingRestart } from './actions/rolling-restart.ts';
import type { ExecutionPorts } from './actions/steps.ts';
import { scaleDown } from './actions/switch-over.ts';
import { createAttempts } from './attempts.ts';
import { createServers, type Servers } from './client.ts';
import { buildDesired } from './desired/index.ts';
import { externalKeys } from './endpoints.ts';
import { gather, neededKeys } from './gather.ts';
import { componentName, namesOf, patroniConfigMaps } from './names.ts';
import type { Observed } from './observed.ts';
import { permissions } from './permissions.ts';
import { judge } from './readiness.ts';
import { reportOf } from './report.ts';

/** PostgreSQL of the stack: Patroni's cluster, or a server that somebody else runs. */
export const postgres: AnyComponent = createPostgres(createServers());

/** The component with given clients. Its only state is what these keep: sessions that close themselves when idle. */
export function createPostgres(servers: Servers): AnyComponent {
  const ports = { servers, attempts: createAttempts(), now: Date.now };
  return defineComponent<Observed>({
    name: componentName,
    conditionType: 'PostgresReady',
    dependsOn: [],
    kinds: [
      kinds.ConfigMap,
      kinds.Secret,
      kinds.Service,
      kinds.ServiceAccount,
      kinds.Role,
      kinds.RoleBinding,
      kinds.StatefulSet,
      kinds.PodDisruptionBudget,
      kinds.Pod,
      kinds.PersistentVolumeClaim,
    ],
    permissions,
    isEnabled: () => true,
    credentials: (stack) => credentialsOf(stack),
    inputs: ({ postgres: { mode, connectionSecretName: name } }) =>
      mode === 'External' && name !== undefined ? [{ name, keys: externalKeys }] : [],
    desired: buildDesired,
    gather: (stack, reader) => gather(ports, stack, reader),
    readiness: judge,
    report: reportOf,
    actions: actionsOf(ports),
    leftovers: (stack) =>
      patroniConfigMaps(stack).map((name) => ({
        apiVersion: 'v1',
        kind: 'ConfigMap',
        namespace: stack.namespace,
        name,
      })),
  });
}

/**
 * The first that wants something gets its turn. Those that take nothing away come first, and what can be blocked comes
 * after what may remove the reason of it.
 */
function actionsOf(ports: ExecutionPorts): readonly Action<Observed>[] {
  return [
    provision(ports),
    applyParameters(ports),
    growVolumes(ports),
    forgetFormerCluster(ports),
    replaceBrokenPod,
    scaleDown(ports),
    rollingRestart(ports),
    restartPending(ports),
  ];
}

/** One Secret for all passwords; the engine adds those that are missing and never changes one. */
function credentialsOf(stack: CompleteStack): readonly CredentialRequest[] {
  if (stack.postgres.mode === 'CloudNativePG') {
    return [];
  }
  // 32 characters of 62: 190 bits, beyond any guessing; more than the 24 of other operators costs nothing.
  const keys = neededKeys(stack).map((key) => [key, { kind: 'password', length: 32 }] as const);
  return [{ name: namesOf(stack).credentials, keys: Object.fromEntries(keys) }];
}
