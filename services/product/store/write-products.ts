/** Changing products: one statement each, atomic by itself. */
import { refusalOf } from '#chassis/postgres/errors.ts';
import { type Connection, sql } from '#chassis/postgres/statement.ts';
import type { Refusal } from '#contracts/problems.ts';
import type { NewProduct, ProductPatch } from '../domain/product.ts';
import { pricesJson, productJson, storedProductJson } from './product-json.ts';

/** A change that happened, or why it did not. */
export type ChangeResult =
  | { readonly state: 'changed'; readonly version: number; readonly json: string; readonly id: string }
  | { readonly state: 'refused'; readonly refusal: Refusal };

interface ChangedRow {
  readonly id: string;
  readonly version: number;
  readonly json: string;
}

const priceColumns = 'currency text, "amountMinor" bigint, "compareAtMinor" bigint';

const create = sql(
  'product_create',
  `with p as (
     insert into products (id, slug, title, description, status, category_id, attributes)
     values ($1, $2, $3, $4, $5, $6, $7) returning *
   ), v as (
     insert into variants (id, product_id, position, sku) select $8, id, 0, $9 from p returning *
   ), price as (
     insert into prices (variant_id, currency, amount_minor, compare_at_minor)
     select v.id, w.currency, w."amountMinor", w."compareAtMinor" from v, jsonb_to_recordset($10) as w (${priceColumns})
     returning *
   )
   select p.id, p.version, ${productJson(pricesJson('price'))} as json from p, v`,
);

/** Inserts a product with its variant and prices. */
export async function createProduct(
  connection: Connection,
  ids: { readonly productId: string; readonly variantId: string },
  product: NewProduct,
): Promise<ChangeResult> {
  const { slug, title, description, status, categoryId, attributes, sku, prices } = product;
  const values = [
    ids.productId,
    slug,
    title,
    description,
    status,
    categoryId,
    attributes,
    ids.variantId,
    sku,
    JSON.stringify(prices),
  ];
  const result = await change(async () => connection.rows<ChangedRow>(create, values), product);
  if (result === undefined) throw new Error('an insert returned no row');
  return result;
}

const update = sql(
  'product_update',
  `with patch as (select $3::jsonb as value
   ), p as (
     update products set
       slug = coalesce(value->>'slug', slug),
       title = coalesce(value->>'title', title),
       description = coalesce(value->>'description', description),
       status = coalesce(value->>'status', status),
       category_id = case when value ? 'categoryId' then (value->>'categoryId')::uuid else category_id end,
       attributes = case when value ? 'attributes' then jsonb_strip_nulls(attributes || (value->'attributes')) else attributes end,
       version = version + 1,
       updated_at = now()
     from patch where id = $1 and deleted_at is null and ($2::int is null or version = $2) returning products.*
   ), v as (
     update variants set sku = coalesce(value->>'sku', sku) from p, patch
     where variants.product_id = p.id and variants.position = 0 returning variants.*
   ), wanted as (
     select w.* from patch, jsonb_to_recordset(value->'prices') as w (${priceColumns})
   ), removed as (
     delete from prices using v, patch
     where prices.variant_id = v.id and value ? 'prices' and currency not in (select currency from wanted)
   ), price as (
     insert into prices (variant_id, currency, amount_minor, compare_at_minor)
     select v.id, w.currency, w."amountMinor", w."compareAtMinor" from v, wanted w
     on conflict (variant_id, currency)
       do update set amount_minor = excluded.amount_minor, compare_at_minor = excluded.compare_at_minor
     returning *
   ), shown as (
     select * from price
     union all select prices.* from prices, v, patch where prices.variant_id = v.id and not value ? 'prices'
   )
   select p.id, p.version, ${productJson(pricesJson('shown'))} as json from p, v`,
);

/** Applies the patch if the product still has `version` (`any`: whatever it has). */
export async function updateProduct(
  connection: Connection,
  target: { readonly id: string; readonly version: number | 'any' },
  patch: ProductPatch,
): Promise<ChangeResult> {
  const values = [target.id, target.version === 'any' ? null : target.version, JSON.stringify(patch)];
  const result = await change(async () => connection.rows<ChangedRow>(update, values), patch);
  return result ?? missing(connection, target);
}

const remove = sql(
  'product_delete',
  `with p as (
     update products set deleted_at = now(), version = version + 1, updated_at = now()
     where id = $1 and deleted_at is null and ($2::int is null or version = $2) returning *
   ), v as (
     update variants set deleted_at = now() from p where variants.product_id = p.id
   )
   select p.id, p.version, '' as json from p`,
);

/** Hides the product; its slug and SKU are free again. */
export async function deleteProduct(
  connection: Connection,
  target: { readonly id: string; readonly version: number | 'any' },
): Promise<ChangeResult> {
  const values = [target.id, target.version === 'any' ? null : target.version];
  const [row] = await connection.rows<ChangedRow>(remove, values);
  return row === undefined ? missing(connection, target) : { state: 'changed', ...row };
}

const restore = sql(
  'product_restore',
  `with p as (
     update products set deleted_at = null, version = version + 1, updated_at = now()
     where id = $1 and deleted_at is not null returning *
   ), v as (
     update variants set deleted_at = null from p where variants.product_id = p.id returning variants.*
   )
   select p.id, p.version, ${storedProductJson} as json from p join v on v.product_id = p.id and v.position = 0`,
);

/** Shows a deleted product again, unless its slug or SKU was taken meanwhile. */
export async function restoreProduct(connection: Connection, id: string): Promise<ChangeResult> {
  const result = await change(async () => connection.rows<ChangedRow>(restore, [id]), {});
  return result ?? { state: 'refused', refusal: { code: 'not-found', detail: `no deleted product has the id ${id}` } };
}

const present = sql('product_version', 'select version from products where id = $1 and deleted_at is null');

/** Why a change found no row; asked only then. */
async function missing(
  connection: Connection,
  target: { readonly id: string; readonly version: number | 'any' },
): Promise<ChangeResult> {
  const [row] = await connection.rows<{ version: number }>(present, [target.id]);
  const refusal: Refusal =
    row === undefined
      ? { code: 'not-found', detail: `no product has the id ${target.id}` }
      : { code: 'precondition-failed', detail: `the product has version ${row.version}, not ${target.version}` };
  return { state: 'refused', refusal };
}

async function change(
  work: () => Promise<readonly ChangedRow[]>,
  content: ProductPatch,
): Promise<ChangeResult | undefined> {
  try {
    const [row] = await work();
    return row === undefined ? undefined : { state: 'changed', ...row };
  } catch (error) {
    return { state: 'refused', refusal: refusalOf(error, refusals(content)) };
  }
}

function refusals({ slug, sku, categoryId }: ProductPatch): Readonly<Record<string, () => Refusal>> {
  return {
    products__slug_unique: () => ({
      code: 'slug-taken',
      detail: slug === undefined ? 'its slug is taken meanwhile' : `the slug ${slug} is taken`,
      errors: [{ pointer: '#/slug', detail: 'is taken' }],
    }),
    variants__sku_unique: () => ({
      code: 'sku-taken',
      detail: sku === undefined ? 'its SKU is taken meanwhile' : `the SKU ${sku} is taken`,
      errors: [{ pointer: '#/sku', detail: 'is taken' }],
    }),
    products__category_exists: () => ({
      code: 'category-unknown',
      detail: `no category has the id ${categoryId}`,
      errors: [{ pointer: '#/categoryId', detail: 'does not exist' }],
    }),
    products__attributes_size: () => ({
      code: 'validation-failed',
      detail: 'the attributes together are longer than 16384 characters',
      errors: [{ pointer: '#/attributes', detail: 'are longer than 16384 characters together' }],
    }),
  };
}
