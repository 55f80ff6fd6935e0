import test from 'ava';
import { findFreePort } from '#lab/programs/ports.ts';
import { sampleService } from './testing/sample-service.ts';
import { startUnderTest } from './testing/service-under-test.ts';
import type { WarmUp } from './warm-up.ts';

const warmed = (warmUp: WarmUp) => ({ ...sampleService(), warmUp });

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
    { APP_WARM_UP_MS: '1000', APP_ADMIN_PORT: String(adminPort) },
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
});
