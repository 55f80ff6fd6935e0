import test, { type ExecutionContext } from 'ava';
import { waitFor } from '#lab/control-plane/wait.ts';
import { startPostgres } from '#lab/stores/postgres.ts';
import { RequestContext, runInContext } from '../context.ts';
import { silentLogger } from '../logger.ts';
import { createMetrics, type Metrics } from '../metrics.ts';
import { ProblemError } from '../problem.ts';
import { startSilentRelay } from '../testing/silent-relay.ts';
import { loginTo } from '../testing/test-database.ts';
import { type Database, openDatabase } from './database.ts';
import { sql } from './statement.ts';

const server = await startPostgres();
test.before(() => server.createDatabase('silence'));
test.after.always(() => server.close());

const backend = sql('backend', 'select pg_backend_pid() as pid');
const sleep = sql('sleep', 'select pg_sleep($1)');

/** Where a test's database is reached; both by default directly. */
interface Ports {
  readonly primary?: number;
  readonly replica?: number;
}

function open(t: ExecutionContext, { primary = server.port, replica }: Ports): [Database, Metrics] {
  const metrics = createMetrics('test', '1');
  const settings = {
    ...loginTo(server, 'silence'),
    port: primary,
    ...(replica === undefined ? {} : { readOnlyHost: '127.0.0.1' }),
    readOnlyPort: replica ?? server.port,
    poolMax: 8,
    poolMin: 8,
    idleTimeoutMs: 60_000,
    connectTimeoutMs: 2000,
    statementTimeoutMs: 30_000,
  };
  const database = openDatabase(settings, { service: 'test', logger: silentLogger, metrics });
  t.teardown(() => database.close());
  return [database, metrics];
}

/** As a request with so much time would. */
function within<T>(ms: number, work: () => Promise<T>): Promise<T> {
  const context = new RequestContext('request-1', undefined, performance.now());
  context.limitTime(ms);
  return runInContext(context, work);
}

const occupy = (database: Pick<Database, 'primary'>, count: number) =>
  Promise.all(Array.from({ length: count }, () => database.primary.rows(sleep, [0.1])));

async function countOf(metrics: Metrics, name: string): Promise<number> {
  const metric = await metrics.registry.getSingleMetric(name)?.get();
  return metric?.values.reduce((sum, { value }) => sum + value, 0) ?? 0;
}

test('of many connections to a server that is lost, one request pays for all', async (t) => {
  const relay = await startSilentRelay(t, server.port);
  const [database, metrics] = open(t, { primary: relay.port });
  await occupy(database, 6);
  t.is(relay.accepted(), 6);
  relay.silence();

  // It would wait for half a minute, and so would each of the five after it.
  const error = await t.throwsAsync(
    within(30_000, () => database.primary.rows(backend)),
    { instanceOf: ProblemError },
  );
  t.is(error?.code, 'service-unavailable');
  for (let request = 0; request < 6; request += 1) {
    await t.notThrowsAsync(within(2000, () => database.primary.rows(backend)));
  }
  t.is(await countOf(metrics, 'db_silent_connections_total'), 6);
});

test('a transaction of a server that is lost is not left waiting, at whichever of its statements', async (t) => {
  const relay = await startSilentRelay(t, server.port);
  const [database] = open(t, { primary: relay.port });
  for (const silenceAfter of ['begin', 'work'] as const) {
    await occupy(database, 3);
    const error = await t.throwsAsync(
      within(30_000, () =>
        database.transaction(async (connection) => {
          if (silenceAfter === 'begin') relay.silence();
          await connection.rows(backend);
          relay.silence();
        }),
      ),
      { instanceOf: ProblemError },
    );
    t.is(error?.code, 'service-unavailable', silenceAfter);
  }
  await t.notThrowsAsync(database.transaction((connection) => connection.rows(backend)));
});

test('a read that a lost replica does not answer is answered by the primary', async (t) => {
  const relay = await startSilentRelay(t, server.port);
  const [database, metrics] = open(t, { replica: relay.port });
  await occupy({ primary: database.replica }, 4);
  relay.silence();
  t.is((await within(10_000, () => database.replica.rows(backend))).length, 1);
  t.is(await countOf(metrics, 'db_replica_fallbacks_total'), 1);
  // The next ones go there at once, until one has found a replica on a new connection.
  t.is((await within(2000, () => database.replica.rows(backend))).length, 1);
  t.is(await countOf(metrics, 'db_replica_fallbacks_total'), 2);
  let reads = 2;
  const isBack = async () => {
    await within(2000, () => database.replica.rows(backend));
    reads += 1;
    return reads > (await countOf(metrics, 'db_replica_fallbacks_total'));
  };
  t.true(await waitFor('a read of a replica', isBack, { timeoutMs: 20_000 }));
});

test('a statement may take long while the server answers others', async (t) => {
  const relay = await startSilentRelay(t, server.port);
  const [database, metrics] = open(t, { primary: relay.port });
  await occupy(database, 4);
  await t.notThrowsAsync(within(10_000, () => database.primary.rows(sleep, [3])));
  t.is(relay.accepted(), 4, 'the connections are those of before');
  t.is(await countOf(metrics, 'db_silent_connections_total'), 0);
});
