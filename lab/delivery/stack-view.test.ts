import test from 'ava';
import { viewStack } from './stack-view.ts';

const ready = (status: string, observedGeneration: number) => ({ type: 'Ready', status, observedGeneration });
const aStack = (status: object) => JSON.stringify({ metadata: { name: 'shop', generation: 2 }, status });

test('a stack without a status says that the operator has not seen it', (t) => {
  const view = viewStack(JSON.stringify({ metadata: { name: 'shop', generation: 1 } }));
  t.like(view, { isReady: false, phase: 'Pending', waitingFor: 'the operator has not seen the manifest yet' });
});

test('Ready counts only for the manifest as it is now', (t) => {
  t.false(viewStack(aStack({ conditions: [ready('True', 1)] })).isReady);
  t.true(viewStack(aStack({ conditions: [ready('True', 2)] })).isReady);
});

test('what works is named before what waits for it, and parts without a component do not count', (t) => {
  const view = viewStack(
    aStack({
      phase: 'Creating',
      conditions: [ready('False', 2)],
      components: [
        { name: 'gateway', state: 'Waiting', message: 'Waits for redis.' },
        { name: 'redis', state: 'Progressing', message: '2 of 3 pods are up.' },
        { name: 'postgres', state: 'Ready', message: 'Up.' },
        { name: 'kafka', state: 'NotImplemented', message: 'Later.' },
      ],
    }),
  );
  t.is(view.waitingFor, 'Creating 1/3, redis: 2 of 3 pods are up.');
});

test('a stalled stack says why', (t) => {
  const stalled = {
    type: 'Stalled',
    status: 'True',
    reason: 'InvalidSpec',
    message: 'brokers: 2.',
    observedGeneration: 2,
  };
  t.is(viewStack(aStack({ conditions: [ready('False', 2), stalled] })).stalled, 'InvalidSpec: brokers: 2.');
  t.is(
    viewStack(aStack({ conditions: [ready('False', 2), { ...stalled, observedGeneration: 1 }] })).stalled,
    undefined,
  );
});
