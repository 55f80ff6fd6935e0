import test from 'ava';
import { Registry } from 'prom-client';
import type { JsonObject, KubernetesObject } from '../api/kubernetes.ts';
import { createEventRecorder, type RecordedEvent } from './events.ts';
import type { KubeClient } from './kube-client.ts';
import { createKubeMetrics } from './metrics.ts';
import { createRecordingLogger } from './testing/recording-logger.ts';

type Reason = 'Created' | 'Failed';

const stack: KubernetesObject = {
  apiVersion: 'ecommerce.stack/v1beta1',
  kind: 'EcommerceStack',
  metadata: { name: 'shop', namespace: 'ns', uid: 'u1', resourceVersion: '7' },
};

function aRecorder() {
  const created: KubernetesObject[] = [];
  const patched: JsonObject[] = [];
  let nowMs = Date.parse('2026-01-01T00:00:00Z');
  const client = {
    create: (object: KubernetesObject) => {
      created.push(object);
      return Promise.resolve(object);
    },
    patch: (_ref: unknown, body: JsonObject) => {
      patched.push(body);
      return Promise.resolve(stack);
    },
  };
  const registry = new Registry();
  const recorder = createEventRecorder<Reason>({
    // Only these two methods are used.
    client: client as unknown as KubeClient,
    controller: 'ecommerce.stack/operator',
    instance: 'pod-1',
    logger: createRecordingLogger(),
    metrics: createKubeMetrics(registry),
    now: () => nowMs,
  });
  return {
    recorder,
    client,
    created,
    patched,
    registry,
    pass: (ms: number) => {
      nowMs += ms;
    },
  };
}

function anEvent(more: Partial<RecordedEvent<Reason>> = {}): RecordedEvent<Reason> {
  return { regarding: stack, type: 'Normal', reason: 'Created', action: 'Apply', note: 'Created 12 objects.', ...more };
}

test('an event is written about its object with everything the API demands', async (t) => {
  const { recorder, created } = aRecorder();
  recorder.record(anEvent());
  await recorder.flush();
  t.like(created[0], {
    apiVersion: 'events.k8s.io/v1',
    kind: 'Event',
    eventTime: '2026-01-01T00:00:00.000000Z',
    reportingController: 'ecommerce.stack/operator',
    reportingInstance: 'pod-1',
    regarding: { kind: 'EcommerceStack', name: 'shop', namespace: 'ns', uid: 'u1', resourceVersion: '7' },
    reason: 'Created',
    type: 'Normal',
  });
  t.is(created[0]?.metadata.namespace, 'ns');
});

test('equal events become one series whose count is sent later', async (t) => {
  const { recorder, created, patched } = aRecorder();
  recorder.record(anEvent());
  recorder.record(anEvent());
  recorder.record(anEvent());
  recorder.record(anEvent({ note: 'Another sentence.' }));
  await recorder.flush();
  t.is(created.length, 2);
  t.deepEqual(patched, [{ series: { count: 3, lastObservedTime: '2026-01-01T00:00:00.000000Z' } }]);
  await recorder.flush();
  t.is(patched.length, 1);
});

test('after ten minutes of silence a new event begins', async (t) => {
  const { recorder, created, pass } = aRecorder();
  recorder.record(anEvent());
  pass(600_000);
  recorder.record(anEvent());
  await recorder.flush();
  t.is(created.length, 2);
});

test('one object sends 25 events and then one per five minutes; others are not affected', async (t) => {
  const { recorder, created, pass } = aRecorder();
  for (let index = 0; index < 40; index += 1) {
    recorder.record(anEvent({ note: `event ${index}` }));
  }
  recorder.record(anEvent({ regarding: { ...stack, metadata: { ...stack.metadata, uid: 'u2' } } }));
  await recorder.flush();
  t.is(created.length, 26);
  pass(300_000);
  recorder.record(anEvent({ note: 'later 1' }));
  recorder.record(anEvent({ note: 'later 2' }));
  await recorder.flush();
  t.is(created.length, 27);
});

test('a server that refuses events fails nothing', async (t) => {
  const { recorder, client, registry } = aRecorder();
  client.create = () => Promise.reject(new Error('forbidden'));
  recorder.record(anEvent());
  await recorder.flush();
  t.regex(await registry.metrics(), /ecommerce_events_total\{outcome="failed"\} 1/);
});

test('a note that is too long is cut, not refused', async (t) => {
  const { recorder, created } = aRecorder();
  recorder.record(anEvent({ note: 'x'.repeat(5_000) }));
  await recorder.flush();
  t.is(String(created[0]?.['note']).length, 1_024);
});

test('flush gives up with its signal, and nothing is recorded after stop', async (t) => {
  const { recorder, client, created } = aRecorder();
  client.create = () => new Promise(() => undefined);
  recorder.record(anEvent());
  const abort = new AbortController();
  const stopped = recorder.stop(abort.signal);
  abort.abort();
  await stopped;
  recorder.record(anEvent({ note: 'too late' }));
  t.is(created.length, 0);
});
