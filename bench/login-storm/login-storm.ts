import { setTimeout as delay } from 'node:timers/promises';
import { decodeJwt } from 'jose';
import { Pool } from 'undici';
import { mintInternalIdentity } from '#chassis/identity/internal-identity.ts';
import { testInternalKey } from '#chassis/testing/service-under-test.ts';
import { startPostgres } from '#lab/stores/postgres.ts';
import type { Bench, BenchOptions } from '../bench.ts';
import { descendantsMeter } from '../harness/descendants.ts';
import { type Comparison, interleave } from '../harness/interleave.ts';
import { meterOf, ownMeter } from '../harness/process-cpu.ts';
import { describeNoise, exactly, notInQuickRuns, ratio, type Section } from '../harness/report.ts';
import { joinOneGroup } from '../harness/scheduler-group.ts';
import { median, pairRatios, quantile } from '../harness/statistics.ts';
import { expectStatus, ok } from '../rig/shop/answers.ts';
import { createServiceDatabase } from '../rig/shop/databases.ts';
import { copyServiceImage } from '../rig/shop/service-image.ts';
import { startService } from '../rig/shop/service-program.ts';
import { userEnvironment } from '../rig/shop/user-environment.ts';
import { type Disturbance, Disturbers } from './disturbers.ts';

/** Length of a slice: 1,000 other requests, ten of which are slower than their p99. */
const sliceMs = 5_000;
const othersPerSecond = 200;
const email = 'ada@example.org';
const password = 'violet-harbour-lantern-42';

/** Whether a flood of sign-ins makes everybody else wait. */
export const loginStormBench: Bench = {
  name: 'login-storm',
  title: 'the account page while 64 guessers sign in as fast as they can',
  async run(options) {
    if (options.quick) {
      return notInQuickRuns(loginStormBench, 'latency is no count');
    }
    return toSection(await compare(options));
  },
};

/** Of one slice: latencies of the other requests in milliseconds, and what the disturbers did meanwhile. */
interface Observed {
  readonly latencies: number[];
  readonly failed: number;
  readonly disturbance: Disturbance | undefined;
}

/** `beside`: another process hashes passwords, one after the other, and nobody signs in. */
type Way = 'calm' | 'beside' | 'storm';

interface Result {
  readonly comparison: Comparison;
  readonly observed: Readonly<Record<Way, readonly Observed[]>>;
  readonly groupNote: string;
}

async function compare({ rounds }: BenchOptions): Promise<Result> {
  await using stack = new AsyncDisposableStack();
  const startOf = await copyServiceImage();
  const group = stack.use(await joinOneGroup());
  const postgres = stack.adopt(await startPostgres(), ({ close }) => close());
  const environment = await createServiceDatabase(postgres, 'user');
  const user = stack.use(await startService('user', { ...environment, ...userEnvironment() }, startOf('user')));
  expectStatus(await user.call('POST', '/api/v1/users', { body: { email, password, givenName: 'Ada' } }), 202);
  const signedIn = await ok(user.call('POST', '/api/v1/auth/login', { body: { email, password } }));
  const subject = decodeJwt(signedIn.json.accessToken).sub ?? '';
  const pool = stack.adopt(new Pool(user.url, { connections: 256, pipelining: 1 }), (opened) => opened.close());

  const guessers = stack.use(Disturbers.guessers(user.url));
  const hasher = stack.use(Disturbers.hasher());
  const observed: Record<Way, Observed[]> = { calm: [], beside: [], storm: [] };
  const slice = (name: Way, disturbers?: Disturbers) => async () => {
    const one = await observe(pool, subject, disturbers);
    observed[name].push(one);
    return one.latencies.length;
  };
  const comparison = await interleave(
    [
      { name: 'calm', run: slice('calm') },
      { name: 'beside', run: slice('beside', hasher) },
      { name: 'storm', run: slice('storm', guessers) },
    ],
    {
      rounds,
      meters: [
        meterOf('user', user.pid),
        meterOf('guessers', guessers.pid),
        meterOf('hasher', hasher.pid),
        ownMeter('bench'),
        descendantsMeter('PostgreSQL', [user.pid, guessers.pid, hasher.pid]),
      ],
    },
  );
  // The first round warms up.
  const counted = (way: Way) => observed[way].slice(1);
  return {
    comparison,
    observed: { calm: counted('calm'), beside: counted('beside'), storm: counted('storm') },
    groupNote: group.note,
  };
}

async function observe(pool: Pool, subject: string, disturbers: Disturbers | undefined): Promise<Observed> {
  const disturbance = await disturbers?.begin(sliceMs);
  const end = performance.now() + sliceMs;
  const latencies: number[] = [];
  let failed = 0;
  const visit = async () => {
    const begun = performance.now();
    const status = await readAccount(pool, subject);
    latencies.push(performance.now() - begun);
    failed += status === 200 ? 0 : 1;
  };
  const visits: Promise<void>[] = [];
  // Arrivals at their own pace: a service that hangs does not make its visitors fewer.
  for (let at = performance.now(); at < end; at += 1000 / othersPerSecond) {
    await delay(Math.max(0, at - performance.now()));
    visits.push(visit());
  }
  await Promise.all(visits);
  return { latencies, failed, disturbance: await disturbance?.ended };
}

async function readAccount(pool: Pool, subject: string): Promise<number> {
  const identity = mintInternalIdentity({ subject, roles: ['customer'] }, [testInternalKey], Date.now());
  const { statusCode, body } = await pool.request({
    method: 'GET',
    path: '/api/v1/me',
    headers: { 'x-internal-identity': identity },
  });
  await body.dump();
  return statusCode;
}

function toSection({ comparison, observed: { calm, beside, storm }, groupNote }: Result): Section {
  const p99 = (slices: readonly Observed[]) => slices.map(({ latencies }) => quantile(latencies, 0.99));
  const all = [...calm, ...beside, ...storm];
  const row = (name: string, slices: readonly Observed[]) => {
    const at = (share: number) => median(slices.map(({ latencies }) => quantile(latencies, share)));
    const rate = (...kinds: readonly string[]) =>
      median(slices.map(({ disturbance }) => perSecond(disturbance, kinds)));
    return [name, at(0.5), at(0.9), at(0.99), rate('401', 'hashed'), rate('429')];
  };
  return {
    name: loginStormBench.name,
    title: loginStormBench.title,
    gates: [
      exactly(
        'other requests that failed',
        all.reduce((sum, { failed }) => sum + failed, 0),
        0,
      ),
    ],
    ratios: [
      ratio('p99 storm / calm', pairRatios(p99(storm), p99(calm)), comparison, { bound: 'at most', value: 2 }),
      ratio('p99 hashing beside / calm', pairRatios(p99(beside), p99(calm)), comparison),
      ratio('p99 storm / hashing beside', pairRatios(p99(storm), p99(beside)), comparison),
    ],
    tables: [
      {
        title: `${calm.length} slices of ${sliceMs} ms each, ${othersPerSecond} requests for the account page a second; medians of the slices`,
        columns: ['', 'p50 ms', 'p90 ms', 'p99 ms', 'hashed/s', 'guesses refused/s'],
        rows: [row('calm', calm), row('hashing beside', beside), row('storm', storm)],
      },
    ],
    notes: [
      describeNoise(comparison),
      'The user service is started as its image does. A storm is measured from its first answer on.',
      groupNote,
      'Hashing beside: another process hashes one password after the other at the lowest priority, and nobody signs in. What waits longer then waits for the machine, whatever a service does.',
    ],
  };
}

function perSecond(disturbance: Disturbance | undefined, kinds: readonly string[]): number {
  if (disturbance === undefined) {
    return 0;
  }
  const { counts, tookMs } = disturbance;
  return kinds.reduce((sum, kind) => sum + (counts[kind] ?? 0), 0) * (1000 / tookMs);
}
