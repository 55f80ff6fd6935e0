import test, { type ExecutionContext } from 'ava';
import { waitFor } from '#lab/control-plane/wait.ts';
import { startPostgres } from '#lab/stores/postgres.ts';
import { RequestContext, runInContext } from '../context.ts';
import { silentLogger } from '../logger.ts';
import { createMetrics } from '../metrics.ts';
import { ProblemError } from '../problem.ts';
import { startSilentRelay } from '../testing/silent-relay.ts';
import { loginTo } from '../testing/test-database.ts';
import { type Database, type DatabaseSettings, openDatabase } from './database.ts';
import { sql, type Transaction } from './statement.ts';

const server = await startPostgres();
test.after.always(() => server.close());
let count = 0;

const sleep = sql('sleep', 'select pg_sleep($1)');
const backend = sql('backend', 'select pg_backend_pid() as pid');

async function open(t: ExecutionContext, changes: Partial<DatabaseSettings> = {}): Promise<Database> {
  count += 1;
  const database = `database_${count}`;
  await server.createDatabase(database);
  const settings: DatabaseSettings = {
    ...loginTo(server, database),
    readOnlyPort: server.port,
    poolMax: 5,
    poolMin: 0,
    idleTimeoutMs: 1000,
    connectTimeoutMs: 2000,
    statementTimeoutMs: 10_000,
    ...changes,
  };
  const opened = openDatabase(settings, { service: 'test', logger: silentLogger, metrics: createMetrics('test', '1') });
  t.teardown(() => opened.close());
  return opened;
}

function within<T>(ms: number, work: () => Promise<T>): Promise<T> {
  const context = new RequestContext('request-1', undefined, performance.now());
  context.limitTime(ms);
  return runInContext(context, work);
}

test('a statement ends with its request’s deadline', async (t) => {
  const database = await open(t);
  const begun = performance.now();
  const error = await t.throwsAsync(
    within(200, () => database.primary.rows(sleep, [5])),
    { instanceOf: ProblemError },
  );
  t.is(error?.code, 'deadline-exceeded');
  t.true(performance.now() - begun < 2000);
  // The same connection serves longer requests afterwards.
  await t.notThrowsAsync(within(5000, () => database.primary.rows(sleep, [0.4])));
});

test('a cancelled or late request starts no statement', async (t) => {
  const database = await open(t);
  await t.throwsAsync(
    within(-1, () => database.primary.rows(backend)),
    { instanceOf: ProblemError },
  );
  const context = new RequestContext('request-1', undefined, performance.now());
  context.cancel(new Error('gone'));
  await t.throwsAsync(
    runInContext(context, () => database.primary.rows(backend)),
    { instanceOf: ProblemError },
  );
});

test('a refused statement keeps its connection', async (t) => {
  const database = await open(t, { poolMax: 1 });
  const [before] = await database.primary.rows<{ pid: number }>(backend);
  await t.throwsAsync(database.primary.rows(sql('broken', 'select 1 / 0')), { message: 'division by zero' });
  const [after] = await database.primary.rows<{ pid: number }>(backend);
  t.is(after?.pid, before?.pid);
});

test('a transaction commits, rolls back on a throw, and also when its time is used up', async (t) => {
  const database = await open(t, { poolMax: 1 });
  const insert = sql('insert', 'insert into items values ($1)');
  const countRows = sql('count_items', 'select count(*) as count from items');
  await database.primary.rows(sql('make', 'create table items (id int)'));
  await database.transaction((connection) => connection.rows(insert, [1]));
  const failing = database.transaction(async (connection) => {
    await connection.rows(insert, [2]);
    throw new Error('changed my mind');
  });
  await t.throwsAsync(failing, { message: 'changed my mind' });
  const late = within(300, () =>
    database.transaction(async (connection) => {
      await connection.rows(insert, [3]);
      await connection.rows(sleep, [5]);
    }),
  );
  await t.throwsAsync(late, { instanceOf: ProblemError });
  t.deepEqual(await database.primary.rows(countRows), [{ count: 1 }]);
});

test('after a rollback a connection keeps to the limit of the one who uses it', async (t) => {
  const database = await open(t, { poolMax: 1 });
  await within(5000, () => database.primary.rows(backend));
  const failing = within(30_000, () =>
    database.transaction(async (connection) => {
      await connection.rows(backend);
      throw new Error('changed my mind');
    }),
  );
  await t.throwsAsync(failing, { message: 'changed my mind' });
  const setting = sql('setting', `select setting::int as ms from pg_settings where name = 'statement_timeout'`);
  const [row] = await within(30_000, () => database.primary.rows<{ ms: number }>(setting));
  t.true((row?.ms ?? 0) > 5000, `${row?.ms} ms, although the request has 30 s`);
});

test('two transactions that lock each other out both succeed', async (t) => {
  const database = await open(t);
  await database.primary.rows(
    sql('make_pair', 'create table pair as select id, 0 as n from generate_series(1, 2) as id'),
  );
  const bump = sql('bump', 'update pair set n = n + 1 where id = $1');
  const both = Promise.withResolvers<void>();
  let arrived = 0;
  const run = (order: readonly [number, number]): Promise<unknown> =>
    database.transaction(async (connection) => {
      await connection.rows(bump, [order[0]]);
      arrived += 1;
      if (arrived === 2) both.resolve();
      await both.promise;
      await connection.rows(bump, [order[1]]);
    });
  await Promise.all([run([1, 2]), run([2, 1])]);
  t.deepEqual(await database.primary.rows(sql('sums', 'select n from pair')), [{ n: 2 }, { n: 2 }]);
});

test('reads go to the primary while no replica can be reached', async (t) => {
  const database = await open(t, { readOnlyHost: '127.0.0.1', readOnlyPort: 1 });
  t.is((await database.replica.rows(backend)).length, 1);
  await t.throwsAsync(database.pingReplica(), { instanceOf: ProblemError });
  await t.notThrowsAsync(database.ping());
});

test('one read at a time looks whether the replicas are back; the others do not wait for it', async (t) => {
  const relay = await startSilentRelay(t, server.port);
  relay.setAway(true);
  const database = await open(t, { readOnlyHost: '127.0.0.1', readOnlyPort: relay.port });
  await database.replica.rows(backend);
  t.is(relay.accepted(), 1);
  await Promise.all(Array.from({ length: 20 }, () => database.replica.rows(backend)));
  t.is(relay.accepted(), 1);
  const looksAgain = async () => {
    await Promise.all(Array.from({ length: 5 }, () => database.replica.rows(backend)));
    return relay.accepted() > 1;
  };
  await waitFor('a read that looks again', looksAgain, { timeoutMs: 20_000 });
  t.is(relay.accepted(), 2);
  relay.setAway(false);
  const isBack = async () => {
    const [own, replicas] = await Promise.all([
      database.primary.rows<{ pid: number }>(backend),
      database.replica.rows<{ pid: number }>(backend),
    ]);
    return own[0]?.pid !== replicas[0]?.pid && relay.accepted() > 2;
  };
  t.true(await waitFor('reads on the replica', isBack, { timeoutMs: 20_000 }));
});

test('a pool that is used up answers in time that the service is not available', async (t) => {
  const database = await open(t, { poolMax: 1, connectTimeoutMs: 1000 });
  const taken = Promise.withResolvers<void>();
  const release = Promise.withResolvers<void>();
  const busy = database.transaction(async (connection) => {
    await connection.rows(backend);
    taken.resolve();
    await release.promise;
  });
  await taken.promise;
  const error = await t.throwsAsync(database.primary.rows(backend), { instanceOf: ProblemError });
  t.is(error?.code, 'service-unavailable');
  release.resolve();
  await busy;
});

test('a database that is closed for now is not available; a defect of the same SQLSTATE stays one', async (t) => {
  const database = await open(t);
  const name = sql('name', 'select current_database() as name');
  const [row] = await database.primary.rows<{ readonly name: string }>(name);
  const admin = await open(t);
  const allow = (isOpen: boolean) =>
    admin.primary.rows(sql(`allow_${isOpen}`, `alter database ${row?.name} allow_connections ${isOpen}`));
  await allow(false);
  await admin.primary.rows(sql('end', 'select pg_terminate_backend(pid) from pg_stat_activity where datname = $1'), [
    row?.name,
  ]);
  const closed = async () => {
    // The first one may find the connection that was ended.
    await database.primary.rows(backend).catch(() => undefined);
    return database.primary.rows(backend);
  };
  const error = await t.throwsAsync(closed(), { instanceOf: ProblemError });
  t.is(error?.code, 'service-unavailable');
  t.regex(String(error?.cause), /not currently accepting connections/);
  await allow(true);
  await t.notThrowsAsync(database.primary.rows(backend));
  await t.throwsAsync(database.primary.rows(sql('lastval', 'select lastval()')), { code: '55000' });
});

test('connections that the server ended are replaced', async (t) => {
  const database = await open(t);
  const [row] = await database.primary.rows<{ pid: number }>(backend);
  const victim = sql('terminate', 'select pg_terminate_backend($1)');
  const other = await open(t);
  await other.primary.rows(victim, [row?.pid]);
  // The broken connection is noticed when it is used or before: at most one request sees it.
  await database.primary.rows(backend).catch(() => undefined);
  t.is((await database.primary.rows(backend)).length, 1);
});

test('a server that ends connections of running transactions fails these and nothing else', async (t) => {
  const database = await open(t);
  const other = await open(t);
  const victim = sql('terminate', 'select pg_terminate_backend($1)');
  const gone = sql('gone', 'select from pg_stat_activity where pid = $1');
  const endWhile = (work: (connection: Transaction) => Promise<unknown>) =>
    database.transaction(async (connection) => {
      const [row] = await connection.rows<{ pid: number }>(backend);
      const working = work(connection);
      await other.primary.rows(victim, [row?.pid]);
      await waitFor('the server has ended it', async () => (await other.primary.rows(gone, [row?.pid])).length === 0, {
        timeoutMs: 10_000,
      });
      await working;
      await connection.rows(backend);
    });
  // Between two statements, and in the midst of one.
  for (const work of [async () => undefined, (connection: Transaction) => connection.rows(sleep, [30])]) {
    const error = await t.throwsAsync(endWhile(work), { instanceOf: ProblemError });
    t.is(error?.code, 'service-unavailable');
  }
  t.is((await database.primary.rows(backend)).length, 1);
});

test('bigint comes as a number and an unsafe one is a defect', async (t) => {
  const database = await open(t);
  t.deepEqual(await database.primary.rows(sql('big', 'select 1000000000000::bigint as n')), [{ n: 1_000_000_000_000 }]);
  await t.throwsAsync(database.primary.rows(sql('huge', 'select 9007199254740993::bigint as n')), {
    message: /safe integer/,
  });
});
