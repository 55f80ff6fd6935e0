import test from 'ava';
import { aLive } from '../testing/live.ts';
import { findPodProblem } from './pod-problem.ts';

const container = { name: 'main', image: 'shop/main:1', ready: false, restartCount: 0 };

test('healthy pods have no problem', (t) => {
  t.is(
    findPodProblem([aLive('Pod', 'a', { status: { phase: 'Running', ready: true, containers: [container] } })]),
    undefined,
  );
});

test('the scheduler is quoted when a pod fits nowhere', (t) => {
  const conditions = [
    { type: 'PodScheduled', status: 'False', reason: 'Unschedulable', message: '0/3 nodes: too little memory' },
  ];
  const problem = findPodProblem([aLive('Pod', 'a', { status: { conditions } })]);
  t.is(problem?.reason, 'PodUnschedulable');
  t.regex(problem?.message ?? '', /0\/3 nodes: too little memory/);
});

test('an image that cannot be pulled is named', (t) => {
  const problem = findPodProblem([
    aLive('Pod', 'a', { status: { containers: [{ ...container, waitingReason: 'ImagePullBackOff' }] } }),
  ]);
  t.is(problem?.reason, 'ImagePullFailed');
  t.regex(problem?.message ?? '', /shop\/main:1/);
});

test('a crash loop gives the last exit and the command that shows its log', (t) => {
  const crashed = {
    ...container,
    waitingReason: 'CrashLoopBackOff',
    terminatedReason: 'OOMKilled',
    exitCode: 137,
    restartCount: 4,
  };
  const problem = findPodProblem([aLive('Pod', 'a', { status: { containers: [crashed] } })]);
  t.is(problem?.reason, 'PodCrashing');
  t.regex(problem?.message ?? '', /4 times \(OOMKilled, exit code 137\); see: kubectl logs a -c main --previous/);
});

test('the most fundamental problem of all pods comes first, and pods on their way out do not count', (t) => {
  const conditions = [{ type: 'PodScheduled', status: 'False', reason: 'Unschedulable', message: 'full' }];
  const crashing = aLive('Pod', 'a', { status: { containers: [{ ...container, waitingReason: 'CrashLoopBackOff' }] } });
  t.is(findPodProblem([crashing, aLive('Pod', 'b', { status: { conditions } })])?.reason, 'PodUnschedulable');
  t.is(
    findPodProblem([crashing, aLive('Pod', 'b', { deleting: true, status: { conditions } })])?.reason,
    'PodCrashing',
  );
});
