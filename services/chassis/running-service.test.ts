import { once } from 'node:events';
import { type AddressInfo, connect, createServer } from 'node:net';
import { text } from 'node:stream/consumers';
import test from 'ava';
import { findFreePort } from '#lab/programs/ports.ts';
import { sampleService } from './testing/sample-service.ts';
import { startUnderTest } from './testing/service-under-test.ts';

test('probes tell started, ready and alive apart', async (t) => {
  const service = await startUnderTest(t, sampleService(), {});
  const probe = async (path: string): Promise<number> => (await fetch(service.adminUrl + path)).status;
  t.deepEqual(
    await Promise.all(['/livez', '/readyz', '/startupz', '/metrics', '/health'].map(probe)),
    [200, 200, 200, 200, 404],
  );
  t.deepEqual((await service.call('GET', '/health')).json, { status: 'ok', checks: {} });
});

test('a stopping service finishes what it has begun and takes nothing new', async (t) => {
  const gate = Promise.withResolvers<void>();
  const started = Promise.withResolvers<void>();
  const service = await startUnderTest(t, sampleService({ gate: gate.promise, onWait: () => started.resolve() }), {
    APP_SHUTDOWN_DELAY_MS: '4000',
  });
  const running = service.call('GET', '/wait');
  await started.promise;
  const stopped = service.stop();

  const late = await service.call('GET', '/health');
  t.is(late.status, 503);
  t.is(late.headers.get('connection'), 'close');
  t.is((await service.call('GET', '/refuse')).status, 503);
  await t.throwsAsync(async () => {
    for (;;) await service.call('GET', '/wait', { headers: { 'x-deadline-ms': '0' } });
  });
  gate.resolve();
  t.is((await running).status, 200);
  t.true(await stopped);
  await t.throwsAsync(fetch(`${service.adminUrl}/livez`));
});

test('a request that came while a busy process was to stop is answered', async (t) => {
  const service = await startUnderTest(t, sampleService(), { APP_SHUTDOWN_DELAY_MS: '50' });
  const socket = connect(Number(new URL(service.url).port), '127.0.0.1');
  const ask = (): boolean => socket.write('GET /openapi.json HTTP/1.1\r\nhost: shop\r\n\r\n');
  ask();
  await once(socket, 'data');
  const answer = text(socket);
  const stopped = service.stop();
  ask();
  const begun = performance.now();
  while (performance.now() - begun < 100) {
    // Longer than the delay: nothing is read meanwhile.
  }
  t.true(await stopped);
  t.regex(await answer, /^HTTP\/1.1 200 [\s\S]*connection: close/im);
});

test('requests that outlive the grace are cut off, and that is told', async (t) => {
  const started = Promise.withResolvers<void>();
  const service = await startUnderTest(
    t,
    sampleService({ gate: new Promise(() => undefined), onWait: () => started.resolve() }),
    {
      APP_SHUTDOWN_GRACE_MS: '50',
    },
  );
  const running = service.call('GET', '/wait');
  await started.promise;
  const [stopped] = await Promise.all([service.stop(), t.throwsAsync(running)]);
  t.false(stopped);
});

test('workers and stores that do not end are cut off when the grace is over, and told by name', async (t) => {
  const sample = sampleService();
  const never = () => new Promise<void>(() => undefined);
  const service = {
    ...sample,
    build: (platform: Parameters<typeof sample.build>[0]) => {
      platform.onClose('store', never);
      return sample.build(platform);
    },
    workers: () => [
      { name: 'quick', start: async () => undefined, stop: async () => undefined },
      { name: 'hanging', start: async () => undefined, stop: never },
    ],
  };
  const running = await startUnderTest(t, service, { APP_SHUTDOWN_GRACE_MS: '50' });
  const begun = performance.now();
  t.false(await running.stop());
  t.true(performance.now() - begun < 5000);
  const told = running.logs.filter(({ msg }) => String(msg).includes('the grace is over'));
  t.deepEqual(
    told.map(({ level, workers }) => [level, workers]),
    [
      ['error', ['hanging']],
      ['warn', undefined],
    ],
  );
});

test('a start that fails closes everything that it has opened', async (t) => {
  const taken = createServer().listen(0);
  t.teardown(() => taken.close());
  await once(taken, 'listening');
  const closed: string[] = [];
  const sample = sampleService();
  const service = {
    ...sample,
    build: (platform: Parameters<typeof sample.build>[0]) => {
      platform.onClose('store', async () => void closed.push('store'));
      return sample.build(platform);
    },
    workers: () => [{ name: 'worker', start: async () => undefined, stop: async () => void closed.push('worker') }],
  };
  const adminPort = await findFreePort();
  const { port } = taken.address() as AddressInfo; // it listens on TCP
  const environment = { APP_PORT: String(port), APP_ADMIN_PORT: String(adminPort) };
  await t.throwsAsync(startUnderTest(t, service, environment), { code: 'EADDRINUSE' });
  t.deepEqual(closed, ['worker', 'store']);
  await t.throwsAsync(fetch(`http://127.0.0.1:${adminPort}/livez`));
});

test('the description is served', async (t) => {
  const service = await startUnderTest(t, sampleService(), {});
  const { json } = await service.call('GET', '/openapi.json');
  t.deepEqual(Object.keys(json.paths).length, 10);
  t.deepEqual(json.paths['/admins'].get['x-roles'], ['admin']);
});
