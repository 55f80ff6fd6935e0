import type { CompleteRollout, RolloutMetric } from '../complete-stack.ts';
import type { EcommerceStackSpec } from '../ecommerce-stack.ts';
import { durationToMs } from './duration.ts';

type StatedRollout = NonNullable<NonNullable<EcommerceStackSpec['services']>[string]['rollout']>;
type StatedMetric = NonNullable<NonNullable<StatedRollout['analysis']>['metrics']>[number];

/** The first step is the deployment guide's canary (10 percent); interval and deadline are those of Flagger and Argo Rollouts. */
const defaultSteps = [10, 25, 50] as const;
const defaultMetrics: readonly RolloutMetric[] = [
  { name: 'successRatePercent', min: 99, minRequests: 50, onNoData: 'Wait' },
];

/** `spec.services.<name>.rollout` completed. */
export function completeRollout(stated: StatedRollout = {}): CompleteRollout {
  return {
    strategy: stated.strategy ?? 'Rolling',
    steps: stated.steps ?? defaultSteps,
    intervalMs: durationToMs(stated.interval ?? '60s'),
    progressDeadlineMs: durationToMs(stated.progressDeadline ?? '10m'),
    promotion: stated.promotion ?? 'Auto',
    analysis: completeAnalysis(stated.analysis),
    onAbort: {
      shiftBack: stated.onAbort?.shiftBack ?? 'Immediate',
      holdCanaryMs: durationToMs(stated.onAbort?.holdCanary ?? '5m'),
    },
    ...(stated.stickiness === undefined ? {} : { stickiness: completeStickiness(stated.stickiness) }),
    blueGreen: completeBlueGreen(stated.blueGreen),
  };
}

function completeAnalysis(stated: StatedRollout['analysis']): CompleteRollout['analysis'] {
  return {
    metrics: stated?.metrics?.map(completeMetric) ?? defaultMetrics,
    failureThreshold: stated?.failureThreshold ?? 3,
    errorThreshold: stated?.errorThreshold ?? 4,
    baseline: stated?.baseline ?? 'Stable',
  };
}

function completeMetric(stated: StatedMetric): RolloutMetric {
  return { ...stated, minRequests: stated.minRequests ?? 50, onNoData: stated.onNoData ?? 'Wait' };
}

function completeStickiness({ cookie, maxAge }: NonNullable<StatedRollout['stickiness']>) {
  return { cookie, maxAgeMs: durationToMs(maxAge ?? '6h') };
}

function completeBlueGreen(stated: StatedRollout['blueGreen']): CompleteRollout['blueGreen'] {
  return {
    ...(stated?.previewHost === undefined ? {} : { previewHost: stated.previewHost }),
    autoPromoteAfterMs: durationToMs(stated?.autoPromoteAfter ?? '10m'),
    keepOldForMs: durationToMs(stated?.keepOldFor ?? '30m'),
  };
}
