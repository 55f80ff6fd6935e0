import type { CompleteStack } from '../../api/v1beta1/complete-stack.ts';
import { autoscalerStatus, workloadStatus } from '../../objects/live-status.ts';
import type { Report, Warning } from '../contract.ts';
import type { ServiceDefinition } from './catalog.ts';
import { minimumReplicas } from './desired/deployment.ts';
import { type ObservedService, runningVersion } from './gather.ts';
import { serviceObjectName } from './names.ts';

/** What an autoscaler says may name every label of a selector; a warning of the status has room for 1024 characters. */
const longestReason = 600;

/** What the status says of a service beside its readiness. */
export function reportService(observed: ObservedService, definition: ServiceDefinition, stack: CompleteStack): Report {
  const single = minimumReplicas(stack.services[definition.name]) < 2;
  const version = runningVersion(observed, definition);
  const warnings = autoscalerWarnings(observed, definition, stack);
  return {
    ...(version === undefined ? {} : { version }),
    ...(definition.isGateway ? { endpoint: gatewayAddress(stack, definition) } : {}),
    ...(single ? { guarantee: 'One pod: a lost node or a drain interrupts it until the pod runs elsewhere.' } : {}),
    ...(warnings.length === 0 ? {} : { warnings }),
  };
}

/** Pods that are still starting have no metrics yet, and their readiness says what is missing: no word of it until they serve. */
function autoscalerWarnings(
  { autoscaler, deployment }: ObservedService,
  { name }: ServiceDefinition,
  stack: CompleteStack,
): readonly Warning[] {
  const service = stack.services[name];
  if (autoscaler === undefined || deployment === undefined || !service.autoscaling.enabled) {
    return [];
  }
  const isUp = (workloadStatus(deployment).availableReplicas ?? 0) >= minimumReplicas(service);
  const scaling = autoscalerStatus(autoscaler).conditions?.find(({ type }) => type === 'ScalingActive');
  if (!isUp || scaling?.status !== 'False') {
    return [];
  }
  const { reason = 'Unknown', message = 'it does not say why' } = scaling;
  return [
    {
      reason: 'AutoscalerInactive',
      message: `${name}: autoscaler ${autoscaler.ref.name} leaves the number of pods as it is (${reason}: ${message.slice(0, longestReason)}); see: kubectl describe hpa ${autoscaler.ref.name}`,
    },
  ];
}

function gatewayAddress(stack: CompleteStack, { name, port }: ServiceDefinition): string {
  return `http://${serviceObjectName(stack.name, name)}.${stack.namespace}.svc:${port}`;
}
