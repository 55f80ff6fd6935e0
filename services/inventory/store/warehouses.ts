/** Warehouses. */
import { refusalOf } from '#chassis/postgres/errors.ts';
import { type Connection, sql } from '#chassis/postgres/statement.ts';
import { utc } from '#chassis/postgres/times.ts';
import type { Refusal } from '#contracts/problems.ts';

export interface Warehouse {
  readonly id: string;
  readonly code: string;
  readonly name: string;
  readonly priority: number;
  readonly isActive: boolean;
  readonly version: number;
  readonly createdAt: string;
  readonly updatedAt: string;
}

export interface WarehousePatch {
  readonly code?: string | undefined;
  readonly name?: string | undefined;
  readonly priority?: number | undefined;
  readonly isActive?: boolean | undefined;
}

export type WarehouseResult =
  | { readonly state: 'changed'; readonly warehouse: Warehouse }
  | { readonly state: 'refused'; readonly refusal: Refusal };

const columns = `id, code, name, priority, is_active as "isActive", version, ${utc('created_at')} as "createdAt",
  ${utc('updated_at')} as "updatedAt"`;

const page = sql(
  'warehouses_page',
  `select ${columns} from warehouses where $1::text is null or code > $1 order by code limit $2`,
);

/** By code. */
export function listWarehouses(
  connection: Connection,
  after: string | undefined,
  limit: number,
): Promise<readonly Warehouse[]> {
  return connection.rows<Warehouse>(page, [after ?? null, limit]);
}

const read = sql('warehouse_read', `select ${columns} from warehouses where id = $1`);

export async function readWarehouse(connection: Connection, id: string): Promise<Warehouse | undefined> {
  const [row] = await connection.rows<Warehouse>(read, [id]);
  return row;
}

const create = sql(
  'warehouse_create',
  `insert into warehouses (id, code, name, priority, is_active) values ($1, $2, $3, $4, $5) returning ${columns}`,
);

export function createWarehouse(
  connection: Connection,
  id: string,
  warehouse: Required<WarehousePatch>,
): Promise<WarehouseResult> {
  const { code, name, priority, isActive } = warehouse;
  return write(warehouse, async () => {
    const [row] = await connection.rows<Warehouse>(create, [id, code, name, priority, isActive]);
    return row;
  });
}

const update = sql(
  'warehouse_update',
  `update warehouses set code = coalesce($3, code), name = coalesce($4, name), priority = coalesce($5, priority),
     is_active = coalesce($6, is_active), version = version + 1, updated_at = now()
   where id = $1 and ($2::int is null or version = $2) returning ${columns}`,
);

/** Switched off, it keeps what it has and nothing of it is promised. */
export async function updateWarehouse(
  connection: Connection,
  target: { readonly id: string; readonly version: number | 'any' },
  patch: WarehousePatch,
): Promise<WarehouseResult> {
  const { code = null, name = null, priority = null, isActive = null } = patch;
  const version = target.version === 'any' ? null : target.version;
  const result = await write(patch, async () => {
    const [row] = await connection.rows<Warehouse>(update, [target.id, version, code, name, priority, isActive]);
    return row;
  });
  if (result.state === 'changed' || result.refusal.code !== 'not-found') return result;
  const present = await readWarehouse(connection, target.id);
  if (present === undefined) return result;
  const detail = `the warehouse has version ${present.version}, not ${target.version}`;
  return { state: 'refused', refusal: { code: 'precondition-failed', detail } };
}

async function write({ code }: WarehousePatch, work: () => Promise<Warehouse | undefined>): Promise<WarehouseResult> {
  try {
    const warehouse = await work();
    if (warehouse !== undefined) return { state: 'changed', warehouse };
    return { state: 'refused', refusal: { code: 'not-found', detail: 'there is no such warehouse' } };
  } catch (error) {
    const taken = (): Refusal => ({
      code: 'warehouse-code-taken',
      detail: `the code ${code} is taken`,
      errors: [{ pointer: '#/code', detail: 'is taken' }],
    });
    return { state: 'refused', refusal: refusalOf(error, { warehouses__code_unique: taken }) };
  }
}
