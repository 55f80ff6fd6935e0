/** Reading products: one statement each. */
import { type Connection, type Statement, sql } from '#chassis/postgres/statement.ts';
import { isUuid } from '../domain/keys.ts';
import type { ProductFilter } from '../domain/product.ts';
import { productsWithDefault, storedProductJson, variantMembers } from './product-json.ts';

/** A product in its public form. */
export interface StoredProduct {
  readonly version: number;
  /** Grows when the product is shown otherwise without having changed. */
  readonly revision: number;
  /** Set when the product had the asked slug before: the present one. */
  readonly movedTo: string | null;
  /** Null when the caller has this version already. */
  readonly json: string | null;
}

const readText = (column: 'id' | 'slug'): string => `
  select p.version, p.shown_revision as revision, null as "movedTo",
    case when p.version = $2 and p.shown_revision = $3 then null else ${storedProductJson} end as json
  from ${productsWithDefault}
  where p.${column} = $1 and p.deleted_at is null and ($4 or p.status = 'active')`;

const readById = sql('product_by_id', readText('id'));
const readBySlug = sql(
  'product_by_slug',
  `with present as (${readText('slug')})
   select * from present
   union all select p.version, p.shown_revision, p.slug, null
     from slug_history h join products p on p.id = h.product_id
     where h.slug = $1 and not exists (select from present) and p.deleted_at is null and ($4 or p.status = 'active')`,
);

/** A representation of a product: its version, and what is shown besides. */
export interface KnownVersion {
  readonly version: number;
  readonly revision: number;
}

/** The product with this id or slug. `known`: its JSON is left out when that is still what would be shown. */
export async function readProduct(
  connection: Connection,
  key: { readonly id: string } | { readonly slug: string },
  options: { readonly known?: KnownVersion | undefined; readonly withUnpublished: boolean },
): Promise<StoredProduct | undefined> {
  const [statement, value] = 'id' in key ? [readById, key.id] : [readBySlug, key.slug];
  const values = [value, options.known?.version ?? null, options.known?.revision ?? null, options.withUnpublished];
  const [row] = await connection.rows<StoredProduct>(statement, values);
  return row;
}

/** One row of a page: its public form and its place in the order. */
export interface ListedProduct {
  readonly json: string;
  readonly id: string;
  /** Title or amount; empty when the id alone gives the order. */
  readonly key: string | number;
}

export interface PageRequest {
  readonly filter: ProductFilter;
  /** Sort key and id of the last row of the page before. */
  readonly after?: readonly [string | number, string] | undefined;
  readonly limit: number;
}

/** Up to `limit` rows after the position. */
export async function listProducts(connection: Connection, page: PageRequest): Promise<readonly ListedProduct[]> {
  const { where, from, values, name } = compileFilter(page.filter);
  const order = orders[page.filter.sort];
  if (page.after !== undefined) {
    const [key, id] = page.after;
    values.push(id, ...(order.key === undefined ? [] : [key]));
    where.push(
      order.key === undefined
        ? `p.id ${order.beyond} $${values.length}`
        : beyond(order.key, order.beyond, values.length),
    );
  }
  values.push(page.limit);
  const text = `
    select ${storedProductJson} as json, p.id, ${order.key ?? "''"} as key
    from ${from} where ${where.join(' and ')}
    order by ${order.key === undefined ? '' : `${order.key} ${order.direction}, `}p.id ${order.direction}
    limit $${values.length}`;
  const suffix = `${order.name}${page.after === undefined ? '' : '_after'}`;
  return connection.rows<ListedProduct>(sql(`products_${name}${suffix}`, text), values);
}

/** How many products the filter shows. Costs a scan, so it is asked for explicitly. */
export async function countProducts(connection: Connection, filter: ProductFilter): Promise<number> {
  const { where, from, values, name } = compileFilter(filter);
  const statement = sql(`products_${name}count`, `select count(*) as count from ${from} where ${where.join(' and ')}`);
  const [row] = await connection.rows<{ count: number }>(statement, values);
  return row?.count ?? 0;
}

interface Order {
  readonly name: string;
  readonly key?: string;
  readonly direction: 'asc' | 'desc';
  readonly beyond: '>' | '<';
}

/** Every order ends with the id, so that it is total: a page boundary never splits equal keys. */
const orders: Readonly<Record<ProductFilter['sort'], Order>> = {
  newest: { name: 'newest', direction: 'desc', beyond: '<' },
  oldest: { name: 'oldest', direction: 'asc', beyond: '>' },
  title: { name: 'title', key: 'p.title_key', direction: 'asc', beyond: '>' },
  '-title': { name: 'title_down', key: 'p.title_key', direction: 'desc', beyond: '<' },
  price: { name: 'price', key: 'c.amount_minor', direction: 'asc', beyond: '>' },
  '-price': { name: 'price_down', key: 'c.amount_minor', direction: 'desc', beyond: '<' },
};

/** A row comparison, which PostgreSQL can answer from one index. */
function beyond(key: string, operator: string, lastValue: number): string {
  return `(${key}, p.id) ${operator} ($${lastValue}, $${lastValue - 1}::uuid)`;
}

interface CompiledFilter {
  readonly where: string[];
  readonly from: string;
  readonly values: unknown[];
  /** Which conditions are there: statements differ by it, so each has its own name and plan. */
  readonly name: string;
}

function compileFilter(filter: ProductFilter): CompiledFilter {
  const compiled = { where: ['p.deleted_at is null'], values: [] as unknown[], name: '' };
  for (const condition of conditions) {
    const value = condition.value(filter);
    if (value === undefined) continue;
    compiled.values.push(value);
    compiled.where.push(condition.text.replaceAll('?', `$${compiled.values.length}`));
    compiled.name += `${condition.name}_`;
  }
  const byPrice = filter.currency === undefined ? '' : ' join prices c on c.variant_id = v.id';
  return { ...compiled, from: `${productsWithDefault}${byPrice}` };
}

interface Condition {
  /** Short: all of them with the longest order must fit into a statement's name. */
  readonly name: string;
  readonly text: string;
  readonly value: (filter: ProductFilter) => unknown;
}

const conditions: readonly Condition[] = [
  { name: 'status', text: 'p.status = ?', value: ({ status }) => (status === 'any' ? undefined : status) },
  {
    name: 'cat',
    text: 'p.category_id in (select id from categories where path @> array[?::uuid])',
    value: ({ category }) => (category !== undefined && isUuid(category) ? category : undefined),
  },
  {
    name: 'slug',
    text: 'p.category_id in (select d.id from categories r join categories d on d.path @> array[r.id] where r.slug = ?)',
    value: ({ category }) => (category === undefined || isUuid(category) ? undefined : category),
  },
  { name: 'ids', text: 'p.id = any(?::uuid[])', value: ({ ids }) => ids },
  { name: 'var', text: withVariant('id = any(?::uuid[])'), value: ({ variantIds }) => variantIds },
  { name: 'skus', text: withVariant('sku = any(?::text[])'), value: ({ skus }) => skus },
  { name: 'cur', text: 'c.currency = ?', value: ({ currency }) => currency },
  { name: 'min', text: 'c.amount_minor >= ?', value: ({ minPriceMinor }) => minPriceMinor },
  { name: 'max', text: 'c.amount_minor <= ?', value: ({ maxPriceMinor }) => maxPriceMinor },
];

function withVariant(condition: string): string {
  return `p.id in (select product_id from variants where ${condition} and deleted_at is null)`;
}

const variantsByIds = sql(
  'variants_by_ids',
  `select json_build_object('items', coalesce(json_agg(json_build_object(${variantMembers('v', 'prices')},
     'product', json_build_object('id', p.id, 'slug', p.slug, 'title', p.title, 'status', p.status, 'version', p.version))
     order by array_position($1::uuid[], v.id)), '[]'))::text as json
   from variants v join products p on p.id = v.product_id
   where v.id = any($1::uuid[]) and v.deleted_at is null and p.deleted_at is null and ($2 or p.status = 'active')`,
);

/** The variants with these ids as a list in JSON, in the order of the ids; those that are not there are left out. */
export async function readVariants(
  connection: Connection,
  ids: readonly string[],
  { withUnpublished }: { readonly withUnpublished: boolean },
): Promise<string> {
  const [row] = await connection.rows<{ readonly json: string }>(variantsByIds, [ids, withUnpublished]);
  return row?.json ?? '{"items":[]}';
}

/** The statements whose number per request is fixed; listed for the tests that count them. */
export const readStatements: readonly Statement[] = [readById, readBySlug];
