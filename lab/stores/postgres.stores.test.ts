import test from 'ava';
import pg from 'pg';
import { startPostgres } from './postgres.ts';

test('a started server copies template databases and keeps its data over a stop', async (t) => {
  const begun = performance.now();
  const server = await startPostgres();
  t.teardown(() => server.close());
  t.log(`ready in ${Math.round(performance.now() - begun)} ms`);

  await server.createDatabase('template_shop');
  await query(server.url('template_shop'), 'create table item as select 7 as answer');
  await server.createDatabase('copy', 'template_shop');
  await server.stop();
  await t.throwsAsync(query(server.url('copy'), 'select 1'));
  await server.start();

  t.deepEqual(await query(server.url('copy'), 'select answer from item'), [{ answer: 7 }]);
});

test('a wrong password is refused', async (t) => {
  const server = await startPostgres();
  t.teardown(() => server.close());
  await t.throwsAsync(query(server.url('postgres').replace(server.password, 'wrong'), 'select 1'), { code: '28P01' });
});

async function query(url: string, sql: string): Promise<readonly unknown[]> {
  const client = new pg.Client(url);
  await client.connect();
  try {
    return (await client.query(sql)).rows;
  } finally {
    await client.end();
  }
}
