import test from 'ava';
import { createReadiness } from './health.ts';

test('a failed required check is unavailable, an optional one degraded', async (t) => {
  let isUp = true;
  const failures: string[] = [];
  const readiness = createReadiness((name, error) => failures.push(`${name}: ${String(error)}`));
  const probe = async (): Promise<void> => {
    if (!isUp) throw new Error('down');
  };
  readiness.add({ name: 'redis', isRequired: false, probe });
  t.deepEqual(await readiness.evaluate(), { status: 'ok', checks: { redis: 'ok' } });
  isUp = false;
  t.is((await readiness.evaluate()).status, 'degraded');
  readiness.add({ name: 'postgres', isRequired: true, probe });
  t.deepEqual(await readiness.evaluate(), { status: 'unavailable', checks: { redis: 'failed', postgres: 'failed' } });
  isUp = true;
  t.is((await readiness.evaluate()).status, 'ok');
  t.deepEqual(failures, ['redis: Error: down', 'postgres: Error: down']);
});

test('a check that never answers fails in time', async (t) => {
  const readiness = createReadiness(() => undefined);
  readiness.add({ name: 'postgres', isRequired: true, probe: () => new Promise(() => undefined) });
  t.is((await readiness.evaluate()).status, 'unavailable');
});

test('a draining process is unavailable though everything works', async (t) => {
  const readiness = createReadiness(() => undefined);
  readiness.drain();
  t.is((await readiness.evaluate()).status, 'unavailable');
});
