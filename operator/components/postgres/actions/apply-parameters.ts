import type { CompleteStack } from '../../../api/v1beta1/complete-stack.ts';
import type { Action, Plan } from '../../contract.ts';
import { namesInPatch, planConfigPatch, wantedDynamicConfig } from '../dynamic-config.ts';
import { identityMismatch, leaderOf } from '../members.ts';
import type { Observed } from '../observed.ts';
import { refusedParameters } from '../parameters.ts';
import { type ExecutionPorts, endpointOf, nothing, podStep } from './steps.ts';

/** Tells Patroni about changed settings; it writes them to every server and reloads them. Takes nothing away. */
export function applyParameters({ servers }: ExecutionPorts): Action<Observed> {
  return {
    name: 'ApplyParameters',
    plan: planParameters,
    async execute(step, ports) {
      const at = endpointOf(step, servers, ports);
      // From what is there now, so that a setting that is gone is taken away, and nothing else is overwritten.
      const patch = planConfigPatch(await servers.patroni.config(at), wantedDynamicConfig(ports.stack));
      if (patch !== undefined) {
        await servers.patroni.patchConfig(at, patch);
      }
    },
  };
}

/** Pure. Any member that answers will do: the settings are the cluster's. */
export function planParameters(observed: Observed, stack: CompleteStack): Plan {
  if (observed.mode !== 'Builtin' || observed.dynamicConfig === undefined) {
    return nothing;
  }
  const patch = planConfigPatch(observed.dynamicConfig, wantedDynamicConfig(stack));
  const member = leaderOf(observed.instances) ?? observed.instances.find((instance) => instance.member !== undefined);
  if (patch === undefined || member === undefined) {
    return nothing;
  }
  if (refusedParameters(stack.postgres).length > 0 || identityMismatch(observed) !== undefined) {
    return nothing;
  }
  const message = `Change ${namesInPatch(patch).join(', ')}.`;
  return podStep(member, { name: 'ChangeSettings', message, disruptive: false });
}
