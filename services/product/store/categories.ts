/** Categories in SQL. */
import type { Database } from '#chassis/postgres/database.ts';
import { refusalOf } from '#chassis/postgres/errors.ts';
import { type Connection, sql } from '#chassis/postgres/statement.ts';
import type { Refusal } from '#contracts/problems.ts';
import { type CategoryRow, maximumLevels } from '../domain/category.ts';

export type CategoryResult =
  | { readonly state: 'changed'; readonly category: CategoryRow }
  | { readonly state: 'refused'; readonly refusal: Refusal };

export interface CategoryFields {
  readonly slug?: string | undefined;
  readonly name?: string | undefined;
  /** Null: at the top; absent: stays where it is. */
  readonly parentId?: string | null | undefined;
  readonly position?: number | undefined;
}

/** A category in its public form. */
export const categoryColumns = 'id, parent_id as "parentId", slug, name, position, version';

const readById = sql('category_by_id', `select ${categoryColumns} from categories where id = $1`);
const readBySlug = sql('category_by_slug', `select ${categoryColumns} from categories where slug = $1`);

/** The category with this id or slug. */
export async function readCategory(
  connection: Connection,
  key: { readonly id: string } | { readonly slug: string },
): Promise<CategoryRow | undefined> {
  const [row] = await ('id' in key
    ? connection.rows<CategoryRow>(readById, [key.id])
    : connection.rows<CategoryRow>(readBySlug, [key.slug]));
  return row;
}

/**
 * Changes of the tree take turns: two moves at once could make a circle that neither makes alone. Reading goes on
 * meanwhile, and such changes are rare.
 */
const takeTurns = sql('categories_lock', 'lock table categories in share row exclusive mode');

const insert = sql(
  'category_create',
  `insert into categories (id, parent_id, slug, name, position, path)
   select $1, $2, $3, $4, $5, coalesce((select path from categories where id = $2), '{}') || $1::uuid
   returning ${categoryColumns}`,
);

/** Adds a category below `parentId`. */
export async function createCategory(
  database: Database,
  id: string,
  fields: { slug: string; name: string; parentId: string | null; position: number },
): Promise<CategoryResult> {
  const { parentId, slug, name, position } = fields;
  return changed(fields, () =>
    database.transaction(async (connection) => {
      await connection.rows(takeTurns);
      return connection.rows<CategoryRow>(insert, [id, parentId, slug, name, position]);
    }),
  );
}

const update = sql(
  'category_update',
  `update categories set
     slug = coalesce($3, slug), name = coalesce($4, name), position = coalesce($5, position),
     parent_id = case when $6 then $7 else parent_id end, version = version + 1, updated_at = now()
   where id = $1 and ($2::int is null or version = $2)
   returning ${categoryColumns}`,
);

/** New paths of the moved category and of all below it: the new parent's path, then what followed the old one. */
const movePaths = sql(
  'category_move',
  `with moved as (select path from categories where id = $1),
        target as (select coalesce((select path from categories where id = $2), '{}') as path)
   update categories set path = target.path || categories.path[cardinality(moved.path) : cardinality(categories.path)]
   from moved, target where categories.path @> array[$1::uuid]`,
);

const isBelow = sql(
  'category_is_below',
  'select true as found from categories where id = $1 and path @> array[$2::uuid]',
);

/** Changes a category if it still has `version`; moving it takes along what is below it. */
export async function updateCategory(
  database: Database,
  target: { readonly id: string; readonly version: number | 'any' },
  fields: CategoryFields,
): Promise<CategoryResult> {
  const { slug, name, position, parentId } = fields;
  const version = target.version === 'any' ? null : target.version;
  const values = [
    target.id,
    version,
    slug ?? null,
    name ?? null,
    position ?? null,
    parentId !== undefined,
    parentId ?? null,
  ];
  const result = await changed(fields, () =>
    database.transaction(async (connection) => {
      if (parentId !== undefined) await prepareMove(connection, target.id, parentId);
      const rows = await connection.rows<CategoryRow>(update, values);
      if (parentId !== undefined && rows.length > 0) await connection.rows(movePaths, [target.id, parentId]);
      return rows;
    }),
  );
  return result.state === 'refused' && result.refusal.code === 'not-found' ? missing(database, target) : result;
}

async function prepareMove(connection: Connection, id: string, parentId: string | null): Promise<void> {
  await connection.rows(takeTurns);
  if (parentId === null) return;
  const [below] = await connection.rows(isBelow, [parentId, id]);
  if (below !== undefined) throw new CycleError();
}

class CycleError extends Error {
  override readonly name = 'CycleError';
  /** Handled like a violated constraint. */
  readonly constraint = 'categories__no_cycle';
}

const remove = sql(
  'category_delete',
  `with target as (
     select id from categories where id = $1 and ($2::int is null or version = $2) for update
   ), forgotten as (
     update products set category_id = null from target where category_id = target.id and deleted_at is not null
   )
   delete from categories where id in (select id from target) returning ${categoryColumns}`,
);

/** Deletes a category that nothing is in. */
export async function deleteCategory(
  database: Database,
  target: { readonly id: string; readonly version: number | 'any' },
): Promise<CategoryResult> {
  const values = [target.id, target.version === 'any' ? null : target.version];
  try {
    const [category] = await database.primary.rows<CategoryRow>(remove, values);
    return category === undefined ? await missing(database, target) : { state: 'changed', category };
  } catch (error) {
    return { state: 'refused', refusal: refusalOf(error, inUse) };
  }
}

async function missing(
  database: Database,
  target: { readonly id: string; readonly version: number | 'any' },
): Promise<CategoryResult> {
  const present = await readCategory(database.primary, { id: target.id });
  const refusal: Refusal =
    present === undefined
      ? { code: 'not-found', detail: `no category has the id ${target.id}` }
      : { code: 'precondition-failed', detail: `the category has version ${present.version}, not ${target.version}` };
  return { state: 'refused', refusal };
}

async function changed(fields: CategoryFields, work: () => Promise<readonly CategoryRow[]>): Promise<CategoryResult> {
  try {
    const [category] = await work();
    if (category !== undefined) return { state: 'changed', category };
    return { state: 'refused', refusal: { code: 'not-found', detail: 'no category has this id' } };
  } catch (error) {
    return { state: 'refused', refusal: refusalOf(error, refusals(fields)) };
  }
}

function refusals({ slug, parentId }: CategoryFields): Readonly<Record<string, () => Refusal>> {
  const atParent = (detail: string) => [{ pointer: '#/parentId', detail }];
  return {
    categories__slug_unique: () => ({
      code: 'slug-taken',
      detail: `the slug ${slug} is taken`,
      errors: [{ pointer: '#/slug', detail: 'is taken' }],
    }),
    categories__parent_exists: () => ({
      code: 'category-unknown',
      detail: `no category has the id ${parentId}`,
      errors: atParent('does not exist'),
    }),
    categories__no_cycle: () => ({
      code: 'category-cycle',
      detail: 'the new parent lies below the category',
      errors: atParent('lies below the category that should move'),
    }),
    categories__depth: () => ({
      code: 'category-cycle',
      detail: `the tree would be deeper than ${maximumLevels} levels`,
      errors: atParent(`is too deep: ${maximumLevels} levels are the most`),
    }),
  };
}

const inUse: Readonly<Record<string, () => Refusal>> = {
  products__category_exists: () => ({ code: 'category-in-use', detail: 'products are in this category' }),
  categories__parent_exists: () => ({ code: 'category-in-use', detail: 'other categories are below this one' }),
};
