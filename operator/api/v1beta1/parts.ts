import type { CompleteStack } from './complete-stack.ts';
import { serviceNames } from './complete-stack.ts';
import type { ConditionType } from './conditions.ts';

/** A part of the shop that a manifest asks for and that no component builds. */
export interface UnimplementedPart {
  /** Name as a component would bear it, e.g. `kafka`, `user`. */
  readonly name: string;
  readonly conditionType: ConditionType;
  /** Field of the manifest that asks for it. */
  readonly field: string;
  /** Sentence for the condition with reason `NotImplemented`. */
  readonly message: string;
}

interface Part {
  readonly name: string;
  readonly conditionType: ConditionType;
  readonly field: string;
  /** What happens instead, as the end of a sentence; nothing special when absent. */
  readonly instead?: string;
  isAsked(stack: CompleteStack): boolean;
}

const infrastructure: readonly Part[] = [
  { name: 'postgres', conditionType: 'PostgresReady', field: 'spec.postgres', isAsked: () => true },
  { name: 'redis', conditionType: 'RedisReady', field: 'spec.redis', isAsked: () => true },
  { name: 'kafka', conditionType: 'KafkaReady', field: 'spec.kafka', isAsked: () => true },
  { name: 'elasticsearch', conditionType: 'ElasticsearchReady', field: 'spec.elasticsearch', isAsked: () => true },
  { name: 'ingress', conditionType: 'IngressReady', field: 'spec.ingress', isAsked: (s) => s.ingress.enabled },
  {
    name: 'traffic',
    conditionType: 'TrafficReady',
    field: 'spec.traffic.provider',
    isAsked: (s) => s.traffic.provider !== 'None',
  },
  { name: 'backup', conditionType: 'BackupHealthy', field: 'spec.backup', isAsked: (s) => s.backup !== undefined },
  {
    name: 'monitoring',
    conditionType: 'MonitoringReady',
    field: 'spec.monitoring',
    isAsked: ({ monitoring: m }) => m.prometheusRules || m.serviceMonitors || m.dashboards,
  },
  {
    name: 'network-policy',
    conditionType: 'NetworkPolicyReady',
    field: 'spec.networkPolicy',
    isAsked: (s) => s.networkPolicy.enabled,
  },
];

/** Ways of doing things that no component of their own stands for: they have the condition NotImplemented only. */
const manners: readonly Part[] = [
  {
    name: 'progressive-delivery',
    conditionType: 'NotImplemented',
    field: 'spec.services.*.rollout.strategy',
    instead: 'services roll as with the strategy Rolling.',
    isAsked: (stack) => serviceNames.some((name) => stack.services[name].rollout.strategy !== 'Rolling'),
  },
  {
    name: 'deletion-snapshot',
    conditionType: 'NotImplemented',
    field: 'spec.deletionPolicy',
    instead: 'Snapshot keeps the data as Retain does.',
    isAsked: (stack) => stack.deletionPolicy === 'Snapshot',
  },
];

const services: readonly Part[] = serviceNames.map((name) => ({
  name,
  conditionType: 'ServicesReady',
  field: `spec.services.${name}`,
  isAsked: (stack) => stack.services[name].enabled,
}));

/** Parts that the stack asks for and that none of the components named in `implemented` builds, in a fixed order. */
export function unimplementedParts(stack: CompleteStack, implemented: readonly string[]): readonly UnimplementedPart[] {
  return [...infrastructure, ...services, ...manners]
    .filter((part) => !implemented.includes(part.name) && part.isAsked(stack))
    .map(({ name, conditionType, field, instead = 'the rest of the stack is not affected.' }) => ({
      name,
      conditionType,
      field,
      message: `${field}: this operator version cannot build ${name} yet; ${instead}`,
    }));
}
