/** Changing products: one statement each, and the events that tell of it in the same transaction. */
import { sql, type Transaction } from '#chassis/postgres/statement.ts';
import { utc } from '#chassis/postgres/times.ts';
import type { NewProduct, ProductPatch } from '../domain/product.ts';
import {
  type ChangedRow,
  type ChangeResult,
  change,
  lockIfAny,
  missing,
  type Target,
  versionValue,
  type Writer,
} from './change.ts';
import { priceColumns, replacePrices, variantColumns } from './price-sql.ts';
import { createdEvents, deletedEvents, type PricesBefore, updatedEvents } from './product-events.ts';
import { previousPricesJson, productJson, productsWithDefault } from './product-json.ts';

interface DeletedRow extends ChangedRow {
  readonly deletedAt: string;
}

const create = sql(
  'product_create',
  `with p as (
     insert into products (id, slug, title, description, status, category_id, attributes, option_names)
     values ($1, $2, $3, $4, $5, $6, $7, $8) returning *
   ), wanted as (
     select * from jsonb_to_recordset($9) as w (${variantColumns})
   ), vs as (
     insert into variants (id, product_id, position, sku, options, barcode, weight_grams)
     select w.id, p.id, w.position, w.sku, w.options, w.barcode, w."weightGrams" from p, wanted w returning *
   ), price as (
     insert into prices (variant_id, currency, amount_minor, compare_at_minor)
     select vs.id, t.currency, t."amountMinor", t."compareAtMinor"
     from vs join wanted w using (id), jsonb_to_recordset(w.prices) as t (${priceColumns})
     returning *
   )
   select p.id, p.version, p.shown_revision as revision, ${productJson({ variants: 'vs', prices: 'price' })} as json
   from p join vs v on v.position = 0`,
);

/** Inserts a product with its variants and prices. The default variant has the id of the product. */
export async function createProduct(writer: Writer, newId: () => string, product: NewProduct): Promise<ChangeResult> {
  const result = await change(writer, product, {
    work: (transaction) => insertProduct(transaction, newId, product),
    eventsOf: createdEvents,
  });
  if (result === undefined) throw new Error('an insert returned no row');
  return result;
}

/** `createProduct` in a transaction that is there; the caller announces it. */
export function insertProduct(
  transaction: Transaction,
  newId: () => string,
  product: NewProduct,
): Promise<readonly ChangedRow[]> {
  const { slug, title, description, status, categoryId, attributes, options, variants } = product;
  const id = newId();
  const rows = variants.map((variant, position) => ({ id: position === 0 ? id : newId(), position, ...variant }));
  return transaction.rows<ChangedRow>(create, [
    id,
    slug,
    title,
    description,
    status,
    categoryId,
    attributes,
    options,
    JSON.stringify(rows),
  ]);
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
     where variants.product_id = p.id and variants.position = 0 and variants.deleted_at is null returning variants.*
   ), wanted as (
     select v.id as variant_id, w.* from v, patch, jsonb_to_recordset(value->'prices') as w (${priceColumns})
   ), ${replacePrices({ wanted: 'wanted', replaced: `select v.id from v, patch where value ? 'prices'` })}
   , vs as (
     select * from v
     union all select variants.* from variants join p on variants.product_id = p.id
       where variants.position > 0 and variants.deleted_at is null
   ), shown as (
     select * from price
     union all select prices.* from prices join vs on prices.variant_id = vs.id, patch
       where vs.position > 0 or not value ? 'prices'
   )
   select p.id, p.version, p.shown_revision as revision, ${productJson({ variants: 'vs', prices: 'shown' })} as json,
     ${previousPricesJson} as "pricesBefore"
   from p, v`,
);

/** Applies the patch if the product still has `version` (`any`: whatever it has). */
export async function updateProduct(writer: Writer, target: Target, patch: ProductPatch): Promise<ChangeResult> {
  const result = await change(writer, patch, {
    work: (transaction) => patchProduct(transaction, target, patch),
    eventsOf: updatedEvents,
  });
  return result ?? missing(writer.database.primary, target);
}

/** `updateProduct` in a transaction that is there; the caller announces it. */
export async function patchProduct(
  transaction: Transaction,
  target: Target,
  patch: ProductPatch,
): Promise<readonly (ChangedRow & PricesBefore)[]> {
  await lockIfAny(transaction, target);
  return transaction.rows(update, [target.id, versionValue(target), JSON.stringify(patch)]);
}

const remove = sql(
  'product_delete',
  `with p as (
     update products set deleted_at = now(), version = version + 1, updated_at = now()
     where id = $1 and deleted_at is null and ($2::int is null or version = $2) returning *
   ), v as (
     update variants set deleted_at = p.deleted_at from p where variants.product_id = p.id and variants.deleted_at is null
   )
   select p.id, p.version, p.shown_revision as revision, '' as json, ${utc('p.deleted_at')} as "deletedAt" from p`,
);

/** Hides the product; its slug and SKUs are free again. */
export async function deleteProduct(writer: Writer, target: Target): Promise<ChangeResult> {
  const values = [target.id, versionValue(target)];
  const result = await change<DeletedRow>(
    writer,
    {},
    { work: (transaction) => transaction.rows(remove, values), eventsOf: deletedEvents },
  );
  return result ?? missing(writer.database.primary, target);
}

/** Variants that were removed before the product was deleted stay removed. */
const restore = sql(
  'product_restore',
  `with deleted as (
     select id, deleted_at from products where id = $1 and deleted_at is not null for update
   ), p as (
     update products set deleted_at = null, version = version + 1, updated_at = now()
     from deleted where products.id = deleted.id returning products.*
   ), vs as (
     update variants set deleted_at = null from deleted
     where variants.product_id = deleted.id and variants.deleted_at = deleted.deleted_at returning variants.*
   )
   select p.id, p.version, p.shown_revision as revision, ${productJson({ variants: 'vs', prices: 'prices' })} as json
   from p join vs v on v.position = 0`,
);

/** Shows a deleted product again, unless its slug or a SKU was taken meanwhile. */
export async function restoreProduct(writer: Writer, id: string): Promise<ChangeResult> {
  const result = await change(
    writer,
    {},
    { work: (transaction) => transaction.rows<ChangedRow>(restore, [id]), eventsOf: updatedEvents },
  );
  return result ?? { state: 'refused', refusal: { code: 'not-found', detail: `no deleted product has the id ${id}` } };
}

const findBySlug = sql(
  'product_id_by_slug',
  `select p.id from ${productsWithDefault} where p.slug = $1 and p.deleted_at is null`,
);

/** The id of the product that has this slug now. */
export async function findProductId(transaction: Transaction, slug: string): Promise<string | undefined> {
  const [row] = await transaction.rows<{ readonly id: string }>(findBySlug, [slug]);
  return row?.id;
}
