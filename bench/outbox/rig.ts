import pg from 'pg';
import { topics } from '#contracts/topics.ts';
import { waitFor } from '#lab/control-plane/wait.ts';
import { startPostgres } from '#lab/stores/postgres.ts';
import { createServiceDatabase } from '../rig/shop/databases.ts';
import { type ServiceProgram, startService } from '../rig/shop/service-program.ts';
import { startTappedKafka, type TappedKafka } from '../rig/shop/tapped-kafka.ts';
import { readPostgres } from '../rig/wire/postgres.ts';
import { openTap, type Tap } from '../rig/wire/tap.ts';

/** A service whose relay publishes what the bench writes into its outbox. */
export interface OutboxRig extends AsyncDisposable {
  readonly service: ServiceProgram;
  readonly kafka: TappedKafka;
  /** Before the service's PostgreSQL. */
  readonly sql: Tap;
  /** Writes events in one commit that wakes the relay; resolves after the commit. */
  append(count: number): Promise<void>;
  /** Resolves as soon as every event is marked as published. */
  published(): Promise<void>;
  /** Bodies of events as the relay has them. */
  sample(count: number): Promise<readonly SampleEvent[]>;
}

/** What a producer needs of an event. */
export interface SampleEvent {
  readonly key: string;
  readonly value: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** Where the events go. */
export const topic = topics.product.name;

const pollMs = 5;

/** Starts a durable PostgreSQL, Kafka, and the product service between them. */
export async function startOutboxRig(): Promise<OutboxRig> {
  await using stack = new AsyncDisposableStack();
  const [postgres, kafka] = await Promise.all([
    startPostgres({ durable: true }).then((server) => stack.adopt(server, ({ close }) => close())),
    startTappedKafka().then((tapped) => stack.use(tapped)),
  ]);
  await kafka.createTopics([{ topic, partitions: topics.product.partitions.Development }]);
  const sql = stack.use(await openTap(readPostgres, postgres));
  const environment = await createServiceDatabase(postgres, 'product', { port: sql.port });
  const service = stack.use(await startService('product', { ...environment, ...kafka.environment }));
  const client = new pg.Client(postgres.url('product_db'));
  await client.connect();
  stack.defer(() => client.end());
  const owned = stack.move();
  return {
    service,
    kafka,
    sql,
    append: async (count) => {
      await client.query('begin');
      await client.query(insertEvents, [topic, count]);
      await client.query(`select pg_notify('outbox', '')`);
      await client.query('commit');
    },
    published: () =>
      waitFor('every event is published', () => isEmpty(client), { timeoutMs: 120_000, intervalMs: pollMs }).then(
        () => undefined,
      ),
    sample: async (count) => {
      const { rows } = await client.query(
        'select key, payload as value, headers from outbox where published_at is not null order by id limit $1',
        [count],
      );
      return rows;
    },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

async function isEmpty(client: pg.Client): Promise<boolean> {
  const { rows } = await client.query('select exists(select from outbox where published_at is null) as "isWaiting"');
  return !rows[0].isWaiting;
}

/** Events of the size of a product with a few prices; no two are alike, so that they are not compressed to nothing. */
const insertEvents = `
  insert into outbox (event_id, topic, key, type, headers, payload)
  select id, $1, id, 'shop.product.updated.v1',
    json_build_object('ce_specversion', '1.0', 'ce_id', id, 'ce_source', '/shop/product', 'ce_type', 'shop.product.updated.v1',
      'ce_time', now(), 'content-type', 'application/json'),
    json_build_object('product', json_build_object('id', id, 'slug', 'product-' || n, 'title', 'Product ' || n,
      'description', (select string_agg(md5(n || ' ' || part), ' ') from generate_series(1, 12) part), 'version', n,
      'prices', json_build_array(json_build_object('currency', 'EUR', 'amountMinor', n))))
  from generate_series(1, $2::int) n, lateral (select gen_random_uuid() as id, n as same) ids`;
