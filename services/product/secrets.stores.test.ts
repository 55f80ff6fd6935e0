import { setTimeout as wait } from 'node:timers/promises';
import test, { type ExecutionContext } from 'ava';
import pg from 'pg';
import type { Environment } from '#chassis/config/settings.ts';
import { makeSecretFolder } from '#chassis/testing/secret-folder.ts';
import { type ServiceUnderTest, startUnderTest } from '#chassis/testing/service-under-test.ts';
import { startTestDatabases } from '#chassis/testing/test-database.ts';
import { waitFor } from '#lab/control-plane/wait.ts';
import { productService } from './service.ts';

const databases = await startTestDatabases(new URL('./migrations/', import.meta.url));
test.after.always(() => databases.close());

const patient = { timeoutMs: 30_000 };

/** A service that logs in as `role` by files, and a look into its database beside it. */
async function start(t: ExecutionContext, role: string, environment: Environment) {
  const database = await databases.create();
  const admin = new pg.Client(databases.server.url(database['APP_POSTGRES_DATABASE'] ?? ''));
  await admin.connect();
  t.teardown(() => admin.end());
  const makeRole = (name: string, password: string) =>
    admin.query(`create role ${name} login superuser password '${password}'`);
  await makeRole(role, 'first-password');
  const folder = await makeSecretFolder(t, { APP_POSTGRES_USERNAME: role, APP_POSTGRES_PASSWORD: 'first-password' });
  const service = await startUnderTest(t, productService, {
    ...database,
    APP_POSTGRES_USERNAME: '',
    APP_POSTGRES_PASSWORD: '',
    APP_SECRETS_DIR: folder.path,
    APP_SECRETS_POLL_MS: '50',
    ...environment,
  });
  const connectionsOf = async (name: string) =>
    (await admin.query('select from pg_stat_activity where usename = $1', [name])).rowCount ?? 0;
  const untilApplied = (variables: readonly string[]) =>
    waitFor(
      'the login is in force',
      async () =>
        service.logs.some(
          ({ msg, variables: applied }) => msg === 'changed settings are in force' && `${applied}` === variables.join(),
        ),
      patient,
    );
  return { service, folder, admin, makeRole, connectionsOf, untilApplied };
}

/** Asks again and again until it is told to end; resolves with the statuses. */
function keepAsking(t: ExecutionContext, service: ServiceUnderTest, pauseMs: number) {
  const statuses: number[] = [];
  let isOver = false;
  const asking = (async () => {
    while (!isOver) {
      statuses.push((await service.call('GET', '/api/v1/products?limit=1')).status);
      await wait(pauseMs);
    }
  })();
  t.teardown(() => {
    isOver = true;
  });
  const more = (count: number) => {
    const wanted = statuses.length + count;
    return waitFor(`${count} more are answered`, async () => statuses.length >= wanted, patient);
  };
  return {
    more,
    end: async () => {
      isOver = true;
      await asking;
      return statuses;
    },
  };
}

test.serial(
  'with another password of its role a service goes on: what is open stays, and what is new logs in with it',
  async (t) => {
    const role = 'shop_of_one_role';
    const { service, folder, admin, connectionsOf, untilApplied } = await start(t, role, {});
    const asking = keepAsking(t, service, 5);
    await asking.more(10);
    const before = await connectionsOf(role);

    await admin.query(`alter role ${role} password 'second-password'`);
    await folder.replace({ APP_POSTGRES_USERNAME: role, APP_POSTGRES_PASSWORD: 'second-password' });
    await untilApplied(['APP_POSTGRES_PASSWORD']);
    const crowd = async () => {
      const call = () => service.call('GET', '/api/v1/products?limit=100&count=exact');
      const answers = await Promise.all(Array.from({ length: 60 }, call));
      t.true(answers.every(({ status }) => status === 200));
      return (await connectionsOf(role)) > before;
    };
    // Connections that few had to wait for may be open only after the last answer.
    await waitFor('some connections are new', crowd, patient);
    t.deepEqual(
      (await asking.end()).filter((status) => status !== 200),
      [],
    );

    const old = new pg.Client({ ...databases.server, user: role, password: 'first-password', database: 'postgres' });
    await t.throwsAsync(old.connect(), { code: '28P01' });
    t.false(JSON.stringify(service.logs).includes('second-password'));
  },
);

test.serial('with another role no connection fails, although each request has a new one', async (t) => {
  const [one, two] = ['shop_before', 'shop_after'];
  const quick = { APP_POSTGRES_POOL_MIN: '0', APP_POSTGRES_IDLE_TIMEOUT_MS: '1' };
  const { service, folder, admin, makeRole, connectionsOf, untilApplied } = await start(t, one, quick);
  const asking = Array.from({ length: 4 }, () => keepAsking(t, service, 15));
  await Promise.all(asking.map(({ more }) => more(5)));

  await makeRole(two, 'other-password');
  await folder.replace({ APP_POSTGRES_USERNAME: two, APP_POSTGRES_PASSWORD: 'other-password' });
  await untilApplied(['APP_POSTGRES_USERNAME', 'APP_POSTGRES_PASSWORD']);
  // Who was logging in when the files changed is through after its request: the server does not list it before.
  await Promise.all(asking.map(({ more }) => more(2)));
  await waitFor('nobody is there as the old one', async () => (await connectionsOf(one)) === 0, patient);
  await admin.query(`alter role ${one} nologin`);
  await Promise.all(asking.map(({ more }) => more(20)));
  const statuses = (await Promise.all(asking.map(({ end }) => end()))).flat();
  t.deepEqual(
    statuses.filter((status) => status !== 200),
    [],
  );
  t.is((await service.call('GET', '/health')).status, 200);
});
