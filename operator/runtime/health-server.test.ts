import test from 'ava';
import { createHealthServer } from './health-server.ts';
import { createRuntimeMetrics } from './metrics.ts';

test('metrics and probes are answered on two ports', async (t) => {
  const problems: { caches?: string } = {};
  const { registry } = createRuntimeMetrics();
  const server = createHealthServer({
    registry,
    livez: [{ name: 'controllers', check: () => undefined }],
    readyz: [
      { name: 'ping', check: () => undefined },
      { name: 'caches', check: () => problems.caches },
    ],
    metricsPort: 0,
    probesPort: 0,
    host: '127.0.0.1',
  });
  const { metricsPort, probesPort } = await server.start();
  const ask = async (port: number, path: string) => {
    const response = await fetch(`http://127.0.0.1:${port}${path}`);
    return `${response.status} ${await response.text()}`;
  };
  t.regex(await ask(metricsPort, '/metrics'), /^200 .*nodejs_eventloop_lag_seconds/s);
  t.regex(await ask(metricsPort, '/livez'), /^404/);
  t.is(await ask(probesPort, '/livez'), '200 [+] controllers ok\nok\n');
  t.is(await ask(probesPort, '/healthz'), '200 [+] controllers ok\nok\n');
  t.is(await ask(probesPort, '/readyz?verbose'), '200 [+] ping ok\n[+] caches ok\nok\n');
  problems.caches = 'pods: not listed yet';
  t.is(await ask(probesPort, '/readyz'), '503 [+] ping ok\n[-] caches failed: pods: not listed yet\nnot ok\n');
  t.is(await ask(probesPort, '/readyz/ping'), '200 [+] ping ok\nok\n');
  t.regex(await ask(probesPort, '/readyz/nothing'), /^404/);
  t.regex(await ask(probesPort, '/metrics'), /^404/);
  const taken = createHealthServer({ registry, livez: [], readyz: [], metricsPort, probesPort: 0, host: '127.0.0.1' });
  await t.throwsAsync(taken.start(), { message: new RegExp(`port ${metricsPort} cannot be listened on`) });
  await server.stop();
});
