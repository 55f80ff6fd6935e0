import { EventEmitter, once } from 'node:events';
import test from 'ava';
import { optionalKafkaSettings } from './config/base.ts';
import { type ProcessLike, runService } from './run-service.ts';
import { sampleService } from './testing/sample-service.ts';
import { testInternalKey } from './testing/service-under-test.ts';

interface FakeProcess extends ProcessLike {
  readonly signals: EventEmitter;
  readonly output: string[];
}

function aProcess(argv: readonly string[], env: Record<string, string> = {}): FakeProcess {
  const signals = new EventEmitter();
  const output: string[] = [];
  const write = (text: string): void => void output.push(text);
  return {
    argv: ['node', 'main.ts', ...argv],
    env: {
      APP_INTERNAL_KEY: testInternalKey,
      APP_LOG_LEVEL: 'silent',
      APP_PORT: '0',
      APP_ADMIN_PORT: '0',
      APP_SHUTDOWN_DELAY_MS: '0',
      ...env,
    },
    stdout: { write },
    stderr: { write },
    signals,
    output,
    on: (event, listener) => signals.on(event, listener),
    exit: (code) => signals.emit('exit', code),
  };
}

test('an unknown command lists what there is', async (t) => {
  const host = aProcess(['dance']);
  await runService(sampleService(), host);
  t.is(host.exitCode, 2);
  t.regex(host.output.join(''), /there is no command dance.*serve/s);
  t.false(host.output.join('').includes('migrate'));
});

test('all faults of the environment are told at once', async (t) => {
  const host = aProcess([], { APP_PORT: 'x', APP_INTERNAL_KEY: 'short', APP_PRT: '1' });
  await runService(sampleService(), host);
  t.is(host.exitCode, 2);
  const text = host.output.join('');
  for (const part of ['APP_PORT="x"', 'APP_INTERNAL_KEY (value hidden)', 'did you mean APP_PORT'])
    t.true(text.includes(part), part);
});

test('the table of settings is printed without any being set', async (t) => {
  const host = aProcess(['settings'], { APP_INTERNAL_KEY: '' });
  await runService(sampleService(), host);
  t.true(host.output.join('').includes('| `APP_SHUTDOWN_GRACE_MS` | `25000` |'));
});

test('a signal stops the process with exit code 0', async (t) => {
  const host = aProcess(['serve']);
  await runService(sampleService(), host);
  const exited = once(host.signals, 'exit');
  host.signals.emit('SIGTERM');
  t.deepEqual(await exited, [0]);
});

test('a second signal ends the process at once', async (t) => {
  const host = aProcess(['serve'], { APP_SHUTDOWN_DELAY_MS: '3000' });
  await runService(sampleService(), host);
  host.signals.emit('SIGTERM');
  const exited = once(host.signals, 'exit');
  const begun = performance.now();
  host.signals.emit('SIGTERM');
  t.deepEqual(await exited, [1]);
  t.true(performance.now() - begun < 2000);
});

test('only a service that handles events plays dead letters back, and a wrong word changes nothing', async (t) => {
  const none = aProcess(['replay-dead-letters', '--all']);
  await runService(sampleService(), none);
  t.is(none.exitCode, 2);
  t.regex(none.output.join(''), /there is no command replay-dead-letters/);
  const settings = { ...sampleService().settings, kafka: optionalKafkaSettings };
  const host = aProcess(['replay-dead-letters', '--topic=shop.cart.v1', '--all']);
  await runService({ ...sampleService(), name: 'product', settings }, host);
  t.is(host.exitCode, 2);
  t.regex(host.output.join(''), /--topic="shop.cart.v1": must be one of shop.inventory.v1/);
});
