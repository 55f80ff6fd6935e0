import type { JsonObject } from '../../kubernetes.ts';
import type { CompletionInput } from '../complete.ts';
import type { CompleteAutoscaling, CompleteService, ExternalMetric, ServiceName } from '../complete-stack.ts';
import type { EcommerceStackSpec } from '../ecommerce-stack.ts';
import { profiles, type ServiceSizes } from '../profiles.ts';
import { canonicalQuantity } from '../quantity.ts';
import { serviceImage } from './images.ts';
import { completeResources } from './resources.ts';
import { completeRollout } from './rollout.ts';

type StatedService = NonNullable<EcommerceStackSpec['services']>[string];
type StatedMetric = NonNullable<NonNullable<StatedService['autoscaling']>['external']>[number];

/** `spec.services` completed: all nine, whether the manifest names them or not. */
export function completeServices(input: CompletionInput): Record<ServiceName, CompleteService> {
  const complete = (name: ServiceName) => completeService(name, input);
  return {
    gateway: complete('gateway'),
    user: complete('user'),
    product: complete('product'),
    cart: complete('cart'),
    order: complete('order'),
    payment: complete('payment'),
    inventory: complete('inventory'),
    notification: complete('notification'),
    search: complete('search'),
  };
}

function completeService(name: ServiceName, input: CompletionInput): CompleteService {
  const { spec } = input.object;
  const stated: StatedService = spec.services?.[name] ?? {};
  const sizes = profiles[spec.profile].services[name];
  return {
    name,
    enabled: stated.enabled ?? true,
    ...serviceImage(name, input),
    replicas: stated.replicas ?? sizes.replicas,
    resources: completeResources(stated.resources, sizes.resources),
    env: stated.env ?? {},
    autoscaling: completeAutoscaling(stated, sizes),
    rollout: completeRollout(stated.rollout),
    // `as`: the field is an open object, and what came from the API server is JSON.
    ...(stated.podOverrides === undefined ? {} : { podOverrides: stated.podOverrides as JsonObject }),
  };
}

/** A number of replicas alone means that number: it switches the profile's autoscaler off. A stated bound moves the other. */
function completeAutoscaling(stated: StatedService, sizes: ServiceSizes): CompleteAutoscaling {
  const { autoscaling } = stated;
  const profile = sizes.autoscaling;
  const minReplicas =
    autoscaling?.minReplicas ?? Math.min(profile.minReplicas, autoscaling?.maxReplicas ?? profile.maxReplicas);
  return {
    enabled: autoscaling?.enabled ?? (stated.replicas === undefined && profile.enabled),
    minReplicas,
    maxReplicas: autoscaling?.maxReplicas ?? Math.max(profile.maxReplicas, minReplicas),
    cpuPercent: autoscaling?.cpuPercent ?? profile.cpuPercent,
    memoryPercent: autoscaling?.memoryPercent ?? profile.memoryPercent,
    external: (autoscaling?.external ?? []).map(completeMetric),
  };
}

function completeMetric({ metric, selector, averageValue }: StatedMetric): ExternalMetric {
  return { metric, selector: selector ?? {}, averageValue: canonicalQuantity(averageValue) };
}
