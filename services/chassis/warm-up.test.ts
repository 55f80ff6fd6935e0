import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import test, { type ExecutionContext } from 'ava';
import { findFreePort } from '#lab/programs/ports.ts';
import { createLogger } from './logger.ts';
import { sampleService } from './testing/sample-service.ts';
import { startUnderTest } from './testing/service-under-test.ts';
import { type WarmUp, warmUp } from './warm-up.ts';

const warmed = (warmUp: WarmUp) => ({ ...sampleService(), warmUp });

/** Warms up a server that takes its time to answer; what was logged at the end, and the most requests it had at once. */
async function warmUpServer(
  t: ExecutionContext,
  budgetMs: number,
  answerMs: number,
  pathsOf: WarmUp = async () => ['/'],
) {
  let inFlight = 0;
  let mostInFlight = 0;
  const server = createServer((_, response) => {
    inFlight += 1;
    mostInFlight = Math.max(mostInFlight, inFlight);
    // A turn of the event loop at least: a second request would be read in it.
    setTimeout(() => {
      inFlight -= 1;
      response.end('{}');
    }, answerMs);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.teardown(() => server.close());
  const lines: Record<string, unknown>[] = [];
  const logger = createLogger(
    { service: 'sample', version: 'test', level: 'info' },
    { write: (line: string) => void lines.push(JSON.parse(line)) },
  );
  const { port } = server.address() as AddressInfo; // it listens on a port
  await warmUp(pathsOf, { port, budgetMs, logger });
  return { told: lines.find(({ msg }) => msg === 'warmed up') ?? {}, mostInFlight };
}

test('a process asks itself before it takes requests, and counts and logs none of that', async (t) => {
  const adminPort = await findFreePort();
  let startup = 0;
  const looks: unknown[] = [];
  const service = await startUnderTest(
    t,
    warmed(async (look) => {
      startup = (await fetch(`http://127.0.0.1:${adminPort}/startupz`)).status;
      looks.push(await look('/client'), await look('/nothing'));
      return ['/client', '/members'];
    }),
    { APP_WARM_UP_MS: '5000', APP_ADMIN_PORT: String(adminPort) },
  );
  t.is(startup, 503);
  t.regex(String(looks[0]), /greeting/);
  t.is(looks[1], undefined);
  t.is((await fetch(`${service.adminUrl}/startupz`)).status, 200);
  const told = service.logs.find(({ msg }) => msg === 'warmed up');
  t.true(Number(told?.['requests']) > 10, JSON.stringify(told));
  const metrics = await (await fetch(`${service.adminUrl}/metrics`)).text();
  t.notRegex(metrics, /route="\/(client|members)"/);
  t.false(service.logs.some(({ msg }) => msg === 'request'));
  await service.call('GET', '/client');
  t.regex(await (await fetch(`${service.adminUrl}/metrics`)).text(), /route="\/client"/);
});

test('nothing is asked unless the setting says for how long', async (t) => {
  await startUnderTest(
    t,
    warmed(async () => t.fail()),
    {},
  );
  t.pass();
});

test('a service that cannot answer yet starts at once', async (t) => {
  const service = await startUnderTest(
    t,
    warmed(async () => ['/refuse']),
    { APP_WARM_UP_MS: '3600000' },
  );
  t.is((await service.call('GET', '/client')).status, 200);
  t.is(service.logs.find(({ msg }) => msg === 'warmed up')?.['ended'], 'early');
});

test('a route that takes the same time again and again is warm long before the time is over, asked one at a time', async (t) => {
  const { told, mostInFlight } = await warmUpServer(t, 3_600_000, 1);
  t.is(told['ended'], 'warm');
  t.true(Number(told['requests']) >= 600, JSON.stringify(told));
  t.true(Number(told['ms']) > 0, JSON.stringify(told));
  t.is(mostInFlight, 1);
});

test('when the time is over it ends, warm or not', async (t) => {
  const { told } = await warmUpServer(t, 200, 20);
  t.is(told['ended'], 'out of time');
  // 200 ms have no room for more than ten answers of 20 ms; timers may fire a little early.
  t.true(Number(told['requests']) >= 1 && Number(told['requests']) <= 12, JSON.stringify(told));
});

test('looking for paths is part of the time', async (t) => {
  const { told } = await warmUpServer(t, 10, 1, async (look) => {
    await look('/');
    await delay(30);
    return ['/'];
  });
  t.like(told, { requests: 1, ended: 'out of time' });
});
