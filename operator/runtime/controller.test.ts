import test, { type ExecutionContext } from 'ava';
import { type ControllerOptions, createController, type PassReport } from './controller.ts';
import { TerminalError } from './errors.ts';
import { createRuntimeMetrics } from './metrics.ts';
import { createBackoff } from './rate-limiter.ts';
import { ManualClock, settle } from './testing/manual-clock.ts';
import { createWorkQueue } from './work-queue.ts';

function start(t: ExecutionContext, options: Pick<ControllerOptions<string>, 'reconcile'> & { concurrency?: number }) {
  const clock = new ManualClock();
  const metrics = createRuntimeMetrics();
  const queue = createWorkQueue<string>({
    name: 'stack',
    limiter: createBackoff({ random: () => 0.5 }),
    clock,
    metrics: metrics.queue,
  });
  const reports: PassReport<string>[] = [];
  const onPass = (report: PassReport<string>) => reports.push(report);
  const controller = createController({ name: 'stack', queue, clock, metrics: metrics.controller, onPass, ...options });
  const running = controller.run();
  t.teardown(async () => {
    queue.shutDown();
    await settle();
  });
  const metric = async (name: string, labels = '{controller="stack"}') =>
    (await metrics.registry.metrics())
      .split('\n')
      .find((line) => line.startsWith(`${name}${labels}`))
      ?.split(' ')[1];
  return { clock, queue, controller, running, reports, metric };
}

test('a success forgets the backoff and is not repeated', async (t) => {
  const { clock, queue, reports, metric } = start(t, { reconcile: async () => ({ kind: 'success' }) });
  queue.add('a', { trigger: 'watch:Pod' });
  await clock.advance(1_000_000);
  t.like(reports[0], { key: 'a', result: 'success', trigger: 'watch:Pod', failures: 0, timedOut: false });
  t.is(reports.length, 1);
  t.regex(reports[0]?.reconcileId ?? '', /^[0-9a-f-]{36}$/);
  t.is(await metric('controller_runtime_reconcile_total', '{controller="stack",result="success"}'), '1');
  t.is(await metric('controller_runtime_reconcile_total', '{controller="stack",result="requeue"}'), '0');
});

test('requeueAfter comes back when it said', async (t) => {
  const { clock, queue, reports } = start(t, { reconcile: async () => ({ kind: 'requeueAfter', delayMs: 5_000 }) });
  queue.add('a');
  await clock.advance(4_999);
  t.is(reports.length, 1);
  await clock.advance(1);
  t.like(reports[1], { result: 'requeue_after', trigger: 'timer', retryInMs: 5_000 });
});

test('an error is retried with growing delays, a success after it starts from the beginning', async (t) => {
  let failures = 3;
  const { clock, queue, reports, metric } = start(t, {
    reconcile: async () => {
      failures -= 1;
      if (failures >= 0) {
        throw new Error('not yet');
      }
      return { kind: 'success' };
    },
  });
  queue.add('a');
  await clock.advance(250 + 500 + 1_000);
  t.deepEqual(
    reports.map(({ result, retryInMs }) => [result, retryInMs]),
    [
      ['error', 250],
      ['error', 500],
      ['error', 1_000],
      ['success', undefined],
    ],
  );
  t.is(await metric('controller_runtime_reconcile_errors_total'), '3');
  t.is(queue.failures('a'), 0);
});

test('a server that asks to wait is not asked before', async (t) => {
  const { clock, queue, reports } = start(t, {
    reconcile: () => Promise.reject(Object.assign(new Error('slow down'), { retryAfterMs: 7_000 })),
  });
  queue.add('a');
  await clock.advance(6_999);
  t.is(reports.length, 1);
  await clock.advance(1);
  t.is(reports.length, 2);
});

test('a terminal error waits for an event; an aggregate is terminal when all of it is', async (t) => {
  const terminal = new TerminalError('the spec is wrong');
  let error: Error = terminal;
  const { clock, queue, reports, metric } = start(t, { reconcile: () => Promise.reject(error) });
  queue.add('a');
  await clock.advance(1_000_000);
  error = new AggregateError([terminal, terminal]);
  queue.add('a');
  await clock.advance(1_000_000);
  t.deepEqual(
    reports.map(({ result }) => result),
    ['terminal', 'terminal'],
  );
  error = new AggregateError([terminal, new Error('network')]);
  queue.add('a');
  await clock.advance(0);
  t.is(reports.at(-1)?.result, 'error');
  t.is(await metric('controller_runtime_terminal_reconcile_errors_total'), '2');
  t.is(await metric('controller_runtime_reconcile_total', '{controller="stack",result="error"}'), '3');
});

test('a bug in one key harms only that key', async (t) => {
  const { clock, queue, reports, metric } = start(t, {
    reconcile: async (key) => {
      if (key === 'bad') {
        throw new TypeError('cannot read properties of undefined');
      }
      return { kind: 'success' };
    },
  });
  queue.add('bad');
  queue.add('good');
  await clock.advance(10);
  t.deepEqual(reports.map(({ key, result }) => `${key} ${result}`).toSorted(), ['bad error', 'good success']);
  t.is(await metric('controller_runtime_reconcile_panics_total'), '1');
});

test('one key is never worked on twice at a time, several keys are', async (t) => {
  const running: string[] = [];
  let most = 0;
  const { clock, queue, metric } = start(t, {
    concurrency: 2,
    reconcile: async (key) => {
      t.false(running.includes(key));
      running.push(key);
      most = Math.max(most, running.length);
      await new Promise<void>((resolve) => clock.after(100, resolve));
      running.splice(running.indexOf(key), 1);
      return { kind: 'success' };
    },
  });
  for (const key of ['a', 'b', 'c']) {
    queue.add(key);
  }
  await clock.advance(10);
  queue.add('a');
  t.is(await metric('controller_runtime_active_workers'), '2');
  t.is(await metric('controller_runtime_max_concurrent_reconciles'), '2');
  await clock.advance(1_000);
  t.is(most, 2);
});

test('a pass that takes too long is aborted and counted', async (t) => {
  const { clock, queue, reports, metric } = start(t, {
    reconcile: (_key, { signal }) =>
      new Promise((_resolve, reject) => {
        signal.addEventListener('abort', () => reject(signal.reason));
      }),
  });
  queue.add('a');
  await clock.advance(60_000);
  t.like(reports[0], { result: 'error', timedOut: true });
  t.regex(String(reports[0]?.error), /took longer than 60000 ms/);
  t.is(await metric('controller_runtime_reconcile_timeouts_total'), '1');
});

test('a pass that ignores its signal keeps its key but not its worker, and liveness tells', async (t) => {
  const { clock, queue, controller, reports } = start(t, {
    concurrency: 1,
    reconcile: (key) => (key === 'hung' ? new Promise(() => undefined) : Promise.resolve({ kind: 'success' })),
  });
  queue.add('hung');
  queue.add('other');
  await clock.advance(70_000);
  t.deepEqual(
    reports.map(({ key }) => key),
    ['other'],
  );
  t.is(controller.problem(), undefined);
  queue.add('hung');
  await clock.advance(240_000);
  t.is(reports.length, 1);
  t.is(controller.problem(), 'controller stack: a pass has been running for 310 s');
});

test('stop lets running passes end, then aborts them', async (t) => {
  const ended: string[] = [];
  const { clock, queue, controller, running } = start(t, {
    reconcile: (key, { signal }) =>
      new Promise((resolve) => {
        const end = (how: string) => {
          ended.push(`${key} ${how}`);
          resolve({ kind: 'success' });
        };
        const abort = () => end('aborted');
        signal.addEventListener('abort', abort);
        clock.after(key === 'short' ? 1_000 : 1_000_000, () => {
          signal.removeEventListener('abort', abort);
          end('ended');
        });
      }),
  });
  queue.add('short');
  queue.add('long');
  await clock.advance(10);
  const stopped = controller.stop(15_000);
  queue.add('never');
  await clock.advance(15_000);
  await stopped;
  await running;
  t.deepEqual(ended, ['short ended', 'long aborted']);
});
