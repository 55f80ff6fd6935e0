import test from 'ava';
import { aCompleteStack } from '../../testing/complete.ts';
import { aLive } from '../../testing/live.ts';
import { serviceCatalog } from './catalog.ts';
import type { ObservedService } from './gather.ts';
import { reportService } from './report.ts';

const [search] = serviceCatalog.filter(({ name }) => name === 'search');
const unread = {
  type: 'ScalingActive',
  status: 'False',
  reason: 'FailedGetExternalMetric',
  message: 'unable to get external metric',
};
const autoscalerWith = (condition: object) =>
  aLive('HorizontalPodAutoscaler', 'shop-search', { status: { conditions: [{ ...condition }] } });
const deploymentWith = (availableReplicas: number) =>
  aLive('Deployment', 'shop-search', { status: { availableReplicas } });
const autoscaled = aCompleteStack({ services: { search: { autoscaling: { enabled: true, minReplicas: 2 } } } });

function reportOf(observed: Partial<ObservedService>, stack = autoscaled) {
  if (search === undefined) {
    throw new Error('the catalog has no search');
  }
  const nothing = { deployment: undefined, autoscaler: undefined, pods: [], migration: undefined, waiting: undefined };
  return reportService({ ...nothing, ...observed }, search, stack);
}

test('an autoscaler that cannot read a metric is a warning, with its own reason and where to look', (t) => {
  const { warnings } = reportOf({ deployment: deploymentWith(2), autoscaler: autoscalerWith(unread) });
  t.deepEqual(warnings, [
    {
      reason: 'AutoscalerInactive',
      message:
        'search: autoscaler shop-search leaves the number of pods as it is (FailedGetExternalMetric: unable to get external metric); see: kubectl describe hpa shop-search',
    },
  ]);
});

test('an autoscaler is not warned of while it works, while pods start, and where none is wanted', (t) => {
  const deployment = deploymentWith(2);
  const working = autoscalerWith({ ...unread, status: 'True', reason: 'ValidMetricFound' });
  t.is(reportOf({ deployment, autoscaler: working }).warnings, undefined);
  t.is(reportOf({ deployment }).warnings, undefined);
  const autoscaler = autoscalerWith(unread);
  t.is(reportOf({ deployment: deploymentWith(1), autoscaler }).warnings, undefined);
  t.is(reportOf({ autoscaler }).warnings, undefined);
  t.is(reportOf({ deployment, autoscaler }, aCompleteStack()).warnings, undefined);
});

test('a warning fits into the status, however much the autoscaler has to say', (t) => {
  const autoscaler = autoscalerWith({ ...unread, message: 'x'.repeat(5000) });
  const [warning] = reportOf({ deployment: deploymentWith(2), autoscaler }).warnings ?? [];
  t.true((warning?.message.length ?? 9999) <= 1024);
  t.regex(warning?.message ?? '', /kubectl describe hpa shop-search$/);
});
