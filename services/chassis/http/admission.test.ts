import test from 'ava';
import { sampleService } from '../testing/sample-service.ts';
import { startUnderTest } from '../testing/service-under-test.ts';

test('a flood runs a few at a time, refuses what must wait too long, and serves a purchase before all that waits', async (t) => {
  let open = (): void => undefined;
  const gate = new Promise<void>((resolve) => {
    open = resolve;
  });
  let running = 0;
  const onWait = () => {
    running += 1;
  };
  const service = await startUnderTest(t, sampleService({ gate, onWait }), { APP_MAX_CONCURRENCY: '3' });
  const answers: string[] = [];
  const ask = async (path: string) => {
    const { status, headers, json } = await service.call('GET', path);
    answers.push(json?.greeting ?? json?.code);
    return { status, retryAfter: headers.get('retry-after'), code: json?.code };
  };
  const metric = async (line: string) => (await (await fetch(`${service.adminUrl}/metrics`)).text()).includes(line);
  const until = async (line: string) => {
    while (!(await metric(line))) await new Promise((resolve) => setTimeout(resolve, 5));
  };
  const flood = Array.from({ length: 15 }, () => ask('/wait'));
  await until('http_admission_requests{admission="requests",state="waiting",service="sample"} 12');
  t.is(running, 3);
  // 16th: no place to wait in either, and nothing waits that matters less.
  t.deepEqual(await ask('/wait'), { status: 503, retryAfter: '1', code: 'overloaded' });
  const purchase = ask('/purchase');
  await until(
    'http_requests_shed_total{admission="requests",criticality="sheddable",reason="full",service="sample"} 2',
  );
  // Neither health nor metrics wait.
  t.is((await service.call('GET', '/health')).status, 200);
  open();
  t.is((await purchase).status, 200);
  const statuses = (await Promise.all(flood)).map(({ status }) => status);
  t.is(statuses.filter((status) => status === 200).length, 14);
  t.is(statuses.filter((status) => status === 503).length, 1);
  t.true(answers.indexOf('bought') <= 2 + 3, `the purchase came as number ${answers.indexOf('bought')}`);
  t.is(running, 14, 'what was refused was not begun');
});

test('a request waits no longer than it may', async (t) => {
  const gate = new Promise<void>(() => undefined);
  const service = await startUnderTest(t, sampleService({ gate }), { APP_MAX_CONCURRENCY: '1', APP_MAX_WAIT_MS: '20' });
  const caller = new AbortController();
  const first = service.call('GET', '/wait', { signal: caller.signal }).catch(() => undefined);
  const second = await service.call('GET', '/purchase');
  t.is(second.json.code, 'overloaded');
  t.is(second.headers.get('content-type'), 'application/problem+json');
  caller.abort();
  await first;
});
