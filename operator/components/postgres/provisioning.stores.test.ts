import test from 'ava';
import pg from 'pg';
import { type PostgresServer, startPostgres } from '#lab/stores/postgres.ts';
import { createServers, type Servers } from './client.ts';
import { databaseOwners } from './names.ts';
import type { ServerFacts, Unreachable } from './observed.ts';
import { makeVerifier } from './scram.ts';
import type { ServerTarget } from './target.ts';

// One server for the whole file; each test works with tenants or a database of its own.
let server: PostgresServer;
let servers: Servers;

test.before(async () => {
  server = await startPostgres({ settings: { log_statement: 'all' } });
  servers = createServers({ idleMs: 200 });
});

test.after.always(async () => {
  await servers?.close();
  await server?.close();
});

const never = new AbortController().signal;

function tenantsNamed(prefix: string, names: readonly string[]) {
  return names.map((name, index) => {
    const service = databaseOwners[index] ?? 'product';
    return {
      tenant: { service, role: `${prefix}_${name}`, database: `${prefix}_${name}_db` },
      password: `password-of-${name}`,
    };
  });
}

function aTarget(prefix: string, overrides: Partial<ServerTarget> = {}): ServerTarget {
  return {
    mode: 'Builtin',
    host: server.host,
    port: server.port,
    user: server.username,
    password: server.password,
    database: 'postgres',
    sslmode: 'disable',
    caCertificate: undefined,
    stack: 'shop/shop',
    tenants: tenantsNamed(prefix, ['product', 'order']),
    replicationPassword: 'standby-password',
    parameterNames: [],
    ...overrides,
  };
}

async function factsOf(target: ServerTarget): Promise<ServerFacts> {
  const facts = await servers.read(target, never);
  if (!facts.reachable) {
    throw new Error(facts.message);
  }
  return facts;
}

async function faultOf(target: ServerTarget): Promise<Unreachable> {
  const facts = await servers.read(target, never);
  if (facts.reachable) {
    throw new Error('the server answered');
  }
  return facts;
}

async function run(text: string, as: { user: string; password: string; database: string }): Promise<unknown[]> {
  const client = new pg.Client({ host: server.host, port: server.port, ...as });
  await client.connect();
  try {
    const { rows } = await client.query<Record<string, unknown>>(text);
    return rows;
  } finally {
    await client.end();
  }
}

const admin = (text: string) => run(text, { user: server.username, password: server.password, database: 'postgres' });

test.serial(
  'an empty server lacks every role and database; provisioning makes them and a second run finds nothing',
  async (t) => {
    const target = aTarget('fresh');
    t.deepEqual(
      (await factsOf(target)).tenants.map(({ role, database }) => [role, database]),
      [
        ['missing', 'missing'],
        ['missing', 'missing'],
      ],
    );
    await servers.provision(target, never);
    const facts = await factsOf(target);
    t.true(facts.tenants.every(({ role, database }) => role === 'ok' && database === 'ok'));
    t.regex(facts.version, /^\d+\.\d+$/);
    t.regex(facts.identity ?? '', /^\d{10,}$/);
    const before = await admin(`select rolname, rolpassword from pg_authid where rolname like 'fresh%' order by 1`);
    await servers.provision(target, never);
    t.deepEqual(
      await admin(`select rolname, rolpassword from pg_authid where rolname like 'fresh%' order by 1`),
      before,
    );
  },
);

test.serial(
  'a role logs in to its own database, may create tables there, and is kept out of every other',
  async (t) => {
    const target = aTarget('own');
    await servers.provision(target, never);
    const login = { user: 'own_product', password: 'password-of-product' };
    await run('create table things (id int)', { ...login, database: 'own_product_db' });
    await t.throwsAsync(run('select 1', { ...login, database: 'own_order_db' }), { message: /permission denied/ });
    await t.throwsAsync(run('select 1', { ...login, password: 'wrong', database: 'own_product_db' }), {
      message: /password authentication failed/,
    });
  },
);

test.serial(
  'a changed password, lost login right, gained right, foreign owner and opened database are each put right',
  async (t) => {
    const target = aTarget('drift');
    const edits = [
      `alter role drift_product password 'other'`,
      `alter role drift_product nologin`,
      `alter role drift_product createrole`,
      `alter database drift_product_db owner to postgres`,
      `grant connect on database drift_product_db to public`,
    ];
    await servers.provision(target, never);
    for (const edit of edits) {
      await admin(edit);
      const [first] = (await factsOf(target)).tenants;
      t.true(first?.role === 'wrong' || first?.database === 'wrong', edit);
      await servers.provision(target, never);
      const [again] = (await factsOf(target)).tenants;
      t.deepEqual([again?.role, again?.database], ['ok', 'ok'], edit);
    }
  },
);

test.serial('a new password in the credential Secret reaches the server', async (t) => {
  const target = aTarget('rotate');
  await servers.provision(target, never);
  const rotated = { ...target, tenants: target.tenants.map((login) => ({ ...login, password: 'brand-new' })) };
  t.is((await factsOf(rotated)).tenants[0]?.role, 'wrong');
  await servers.provision(rotated, never);
  await t.notThrowsAsync(
    run('select 1', { user: 'rotate_product', password: 'brand-new', database: 'rotate_product_db' }),
  );
});

test.serial('a verifier that the server made itself is recognised by its password', async (t) => {
  await admin(`create role standby login replication password 'standby-password'`);
  t.true((await factsOf(aTarget('standby'))).replicationPasswordOk);
  const rotated = aTarget('standby', { replicationPassword: 'another' });
  t.false((await factsOf(rotated)).replicationPasswordOk);
  await servers.provision(rotated, never);
  t.true((await factsOf(rotated)).replicationPasswordOk);
});

test.serial('provisioning that broke off after any statement is taken up by the next run', async (t) => {
  await admin(`create role halfway_product`);
  const target = aTarget('halfway');
  await servers.provision(target, never);
  await admin(`drop database halfway_order_db`);
  await servers.provision(target, never);
  t.true((await factsOf(target)).tenants.every(({ role, database }) => role === 'ok' && database === 'ok'));
});

test.serial('no password in clear text ever reaches the server', async (t) => {
  const target = aTarget('quiet', { tenants: tenantsNamed('quiet', ['product']) });
  await servers.provision(target, never);
  const [row] = (await admin(
    `select rolpassword = '${makeVerifier('quiet_product', 'password-of-product')}' as same
     from pg_authid where rolname = 'quiet_product'`,
  )) as { same: boolean }[];
  t.true(row?.same);
});

test.serial('a user of an external server that may create roles and databases is enough', async (t) => {
  await admin(`create role landlord login createrole createdb password 'landlord'`);
  const target = aTarget('ext', { mode: 'External', user: 'landlord', password: 'landlord' });
  const facts = await factsOf(target);
  t.true(facts.mayProvision);
  t.is(facts.tenants[0]?.role, 'missing');
  await servers.provision(target, never);
  t.true((await factsOf(target)).tenants.every(({ role, database }) => role === 'ok' && database === 'ok'));
  await run('create table t (id int)', {
    user: 'ext_product',
    password: 'password-of-product',
    database: 'ext_product_db',
  });
});

test.serial('on an external server a changed password is noticed without reading verifiers', async (t) => {
  await admin(`create role landlord2 login createrole createdb password 'landlord'`);
  const target = aTarget('extrotate', { mode: 'External', user: 'landlord2', password: 'landlord' });
  await servers.provision(target, never);
  const rotated = { ...target, tenants: target.tenants.map((login) => ({ ...login, password: 'brand-new' })) };
  t.is((await factsOf(rotated)).tenants[0]?.role, 'wrong');
  await servers.provision(rotated, never);
  t.is((await factsOf(rotated)).tenants[0]?.role, 'ok');
});

test.serial('a role of somebody else on an external server is left alone, also when it is another stack', async (t) => {
  await admin(`create role foreign_product login password 'theirs'`);
  const target = aTarget('foreign', { mode: 'External' });
  await servers.provision(target, never);
  const [product, order] = (await factsOf(target)).tenants;
  t.deepEqual([product?.role, product?.database], ['foreign', 'missing']);
  t.is(order?.role, 'ok');
  const neighbour = { ...target, stack: 'shop/other' };
  t.is((await factsOf(neighbour)).tenants[1]?.role, 'foreign');
});

test.serial('a user without rights is told from one with', async (t) => {
  await admin(`create role guest login password 'guest'`);
  const facts = await factsOf(aTarget('guest', { mode: 'External', user: 'guest', password: 'guest' }));
  t.false(facts.mayProvision);
  const error = await t.throwsAsync(
    servers.provision(aTarget('guest', { mode: 'External', user: 'guest', password: 'guest' }), never),
  );
  t.regex(error.message, /CREATEROLE and CREATEDB/);
});

test.serial('a parameter that the server does not know is named', async (t) => {
  const facts = await factsOf(aTarget('params', { parameterNames: ['work_mem', 'shiny_new', 'my.own'] }));
  t.deepEqual(facts.unknownParameters, ['shiny_new']);
  t.is(facts.sensitive['max_connections'], 200);
});

test.serial('each way not to reach a server has its own reason and next step', async (t) => {
  t.like(await faultOf(aTarget('x', { password: 'wrong' })), { reason: 'PasswordRejected' });
  t.like(await faultOf(aTarget('x', { port: 1 })), { reason: 'Unreachable' });
  t.like(await faultOf(aTarget('x', { host: 'no-such-host.invalid' })), { reason: 'HostUnknown' });
  t.like(await faultOf(aTarget('x', { database: 'nowhere' })), { reason: 'DatabaseMissing' });
  const tls = await faultOf(aTarget('x', { mode: 'External', sslmode: 'require' }));
  t.is(tls.reason, 'TlsUnsupported');
  t.regex(tls.message, /sslmode/);
  t.notRegex(JSON.stringify(tls), new RegExp(server.password));
});

test.serial(
  'sessions are reused while a stack is busy and closed, with all that is known of it, when it is gone',
  async (t) => {
    const own = createServers({ idleMs: 100 });
    const target = aTarget('pool');
    await own.read(target, never);
    await own.read(target, never);
    t.is(own.openServers(), 1);
    const count = `select count(*)::int as n from pg_stat_activity where application_name = 'ecommerce-operator'`;
    t.true(((await admin(count)) as { n: number }[]).some(({ n }) => n >= 1));
    const deadline = Date.now() + 5_000;
    while (own.openServers() > 0 && Date.now() < deadline) {
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    t.is(own.openServers(), 0);
    await own.close();
  },
);

test.serial('an aborted pass does not wait for a server that is busy', async (t) => {
  const own = createServers();
  const target = aTarget('abort');
  await own.provision(target, never);
  // The query reads the comments of roles, which nobody can while this session holds them.
  const blocker = new pg.Client({ connectionString: server.url('postgres') });
  await blocker.connect();
  await blocker.query('begin; lock table pg_catalog.pg_shdescription in access exclusive mode');
  const started = Date.now();
  const facts = await own.read(target, AbortSignal.timeout(300));
  await blocker.query('rollback');
  await blocker.end();
  await own.close();
  t.false(facts.reachable);
  t.true(Date.now() - started < 2_000);
});

test.serial('a server that dies in the middle of a query is an answer, not a crash', async (t) => {
  const target = aTarget('kill');
  await servers.provision(target, never);
  const blocker = new pg.Client({ connectionString: server.url('postgres') });
  blocker.on('error', () => {});
  await blocker.connect();
  await blocker.query('begin; lock table pg_catalog.pg_shdescription in access exclusive mode');
  const reading = servers.read(target, never);
  const isWaiting = `select 1 from pg_locks l join pg_stat_activity a using (pid)
    where not l.granted and a.application_name = 'ecommerce-operator'`;
  while ((await blocker.query(isWaiting)).rowCount === 0) {
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  await server.stop('kill');
  t.like(await reading, { reachable: false, reason: 'Unreachable' });
  await server.start();
  t.true((await servers.read(target, never)).reachable);
});

test.serial('objects of others in the search path are never used', async (t) => {
  await admin(
    `create schema if not exists trap; create function trap.strpos(text, text) returns int language sql as 'select 1/0'`,
  );
  await admin(`alter role ${server.username} set search_path = trap, public`);
  await t.notThrowsAsync(factsOf(aTarget('trap', { parameterNames: ['work_mem'] })));
  await admin(`alter role ${server.username} reset search_path`);
});
