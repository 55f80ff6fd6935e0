/** The list of categories, page by page. */
import { type Connection, sql } from '#chassis/postgres/statement.ts';
import type { CategoryFilter, CategoryRow } from '../domain/category.ts';
import { isUuid } from '../domain/keys.ts';
import { categoryColumns } from './categories.ts';

/** One row of a page, and its place in the order. */
export interface ListedCategory extends CategoryRow {
  readonly key: string;
}

export interface CategoryPageRequest {
  readonly filter: CategoryFilter;
  /** Sort key and id of the last row of the page before. */
  readonly after?: readonly [string | number, string] | undefined;
  readonly limit: number;
}

interface CompiledFilter {
  readonly where: string[];
  readonly values: unknown[];
  /** Which conditions are there: statements differ by it, so each has its own name and plan. */
  readonly name: string;
}

function compileFilter({ parent, level }: CategoryFilter): CompiledFilter {
  const compiled = { where: ['true'], values: [] as unknown[], name: 'categories_' };
  if (parent !== undefined) {
    compiled.values.push(parent);
    compiled.where.push(isUuid(parent) ? 'parent_id = $1' : 'parent_id = (select id from categories where slug = $1)');
    compiled.name += isUuid(parent) ? 'parent_id_' : 'parent_slug_';
  }
  if (level !== undefined) {
    compiled.values.push(level);
    compiled.where.push(`cardinality(path) = $${compiled.values.length}`);
    compiled.name += 'level_';
  }
  return compiled;
}

/** Up to `limit` rows after the position: parents before their children, siblings by position and name. */
export async function listCategories(
  connection: Connection,
  { filter, after, limit }: CategoryPageRequest,
): Promise<readonly ListedCategory[]> {
  const { where, values, name } = compileFilter(filter);
  if (after !== undefined) {
    values.push(...after);
    where.push(`(list_key, id) > ($${values.length - 1}, $${values.length}::uuid)`);
  }
  values.push(limit);
  const text = `
    select ${categoryColumns}, list_key as key from categories
    where ${where.join(' and ')} order by list_key, id limit $${values.length}`;
  return connection.rows<ListedCategory>(sql(`${name}page${after === undefined ? '' : '_after'}`, text), values);
}

/** How many categories the filter shows. */
export async function countCategories(connection: Connection, filter: CategoryFilter): Promise<number> {
  const { where, values, name } = compileFilter(filter);
  const statement = sql(`${name}count`, `select count(*) as count from categories where ${where.join(' and ')}`);
  const [row] = await connection.rows<{ count: number }>(statement, values);
  return row?.count ?? 0;
}
