import pg from 'pg';
import type { Environment } from '#chassis/config/settings.ts';
import { startPostgres } from '#lab/stores/postgres.ts';
import { mainWarehouse } from '../../services/inventory/testing/inventory-under-test.ts';
import { createServiceDatabase } from '../rig/shop/databases.ts';
import { readPostgres } from '../rig/wire/postgres.ts';
import { openTap, type Tap } from '../rig/wire/tap.ts';

/** A durable PostgreSQL with an inventory that has plenty of everything. */
export interface StockRig extends AsyncDisposable {
  /** The variables that lead to it. */
  readonly environment: Environment;
  /** The same through a tap. */
  readonly tapped: Environment;
  readonly tap: Tap;
  /** Units that are reserved of all SKUs. */
  reserved(): Promise<number>;
  /** Adds a SKU with so many units. */
  stock(sku: string, units: number): Promise<void>;
}

/** SKUs of the uniform load; the first of them is the hot one. */
export const skus = Array.from({ length: 1000 }, (_, index) => `sku-${index}`);

const plenty = 10_000_000;
/** Nothing happens by itself. */
const quiet: Environment = { APP_RESERVATION_SWEEP_MS: '600000', APP_STOCK_VERIFY_MS: '86400000' };

/** Commits reach the disk here (fsync and synchronous_commit on): that is what a group of callers shares. */
export async function startStockRig(): Promise<StockRig> {
  await using stack = new AsyncDisposableStack();
  const postgres = stack.adopt(await startPostgres({ durable: true }), ({ close }) => close());
  const environment = { ...quiet, ...(await createServiceDatabase(postgres, 'inventory')) };
  const tap = stack.use(await openTap(readPostgres, postgres));
  const client = new pg.Client(postgres.url('inventory_db'));
  await client.connect();
  stack.defer(() => client.end());
  const add = async (names: readonly string[], units: number) => {
    await client.query(`insert into stock_items (sku, alert) select unnest($1::text[]), 'ok'`, [names]);
    const values = [names, mainWarehouse, units];
    await client.query(
      'insert into stock_levels (sku, warehouse_id, on_hand) select unnest($1::text[]), $2, $3',
      values,
    );
    await client.query(
      `insert into stock_movements (sku, warehouse_id, on_hand_delta, reason, reference, actor)
       select unnest($1::text[]), $2, $3, 'received', 'bench', 'bench'`,
      values,
    );
  };
  await add(skus, plenty);
  await client.query('analyze stock_items, stock_levels');
  const owned = stack.move();
  return {
    environment,
    tapped: { ...environment, APP_POSTGRES_PORT: String(tap.port) },
    tap,
    reserved: async () => {
      const { rows } = await client.query('select sum(reserved)::int as units from stock_levels');
      return rows[0].units;
    },
    stock: (sku, units) => add([sku], units),
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}
