/** Changing the variants of a product. Each change is one of the product: its version grows, and it is announced as a whole. */
import { type Connection, sql, type Transaction } from '#chassis/postgres/statement.ts';
import { maximumVariants, type NewVariant, type VariantPatch, type VariantSet } from '../domain/product.ts';
import { type ChangeResult, changePart, RefusedError, type Target, type Writer } from './change.ts';
import { priceColumns, replacePrices, variantColumns } from './price-sql.ts';
import { tooManyVariants } from './refusals.ts';

/** A removed variant has no place among the others. */
const noPosition = 1_000_000;

const isRoom = `(select count(*) from variants where product_id = $1 and deleted_at is null) < ${maximumVariants}`;
const lastPosition = `(select max(position) + 1 from variants where product_id = $1 and deleted_at is null)`;

const insert = sql(
  'variant_create',
  `with wanted as (
     select * from jsonb_to_recordset($2) as w (${variantColumns})
   ), v as (
     insert into variants (id, product_id, position, sku, options, barcode, weight_grams)
     select w.id, $1, ${lastPosition}, w.sku, w.options, w.barcode, w."weightGrams" from wanted w where ${isRoom}
     returning *
   ), price as (
     insert into prices (variant_id, currency, amount_minor, compare_at_minor)
     select v.id, t.currency, t."amountMinor", t."compareAtMinor"
     from v join wanted w using (id), jsonb_to_recordset(w.prices) as t (${priceColumns})
   )
   select id from v`,
);

/** Adds a variant behind the others. */
export function addVariant(writer: Writer, target: Target, variant: NewVariant & { readonly id: string }) {
  return changePart(writer, target, variant, async (transaction) => {
    const added = await transaction.rows(insert, [target.id, JSON.stringify([variant])]);
    if (added.length === 0) throw new RefusedError(tooManyVariants);
  });
}

const update = sql(
  'variant_update',
  `with patch as (select $3::jsonb as value
   ), v as (
     update variants set
       sku = coalesce(value->>'sku', sku),
       options = coalesce(value->'options', options),
       barcode = case when value ? 'barcode' then value->>'barcode' else barcode end,
       weight_grams = case when value ? 'weightGrams' then (value->>'weightGrams')::int else weight_grams end
     from patch where product_id = $1 and id = $2 and deleted_at is null returning variants.*
   ), wanted as (
     select v.id as variant_id, w.* from v, patch, jsonb_to_recordset(value->'prices') as w (${priceColumns})
   ), ${replacePrices({ wanted: 'wanted', replaced: `select v.id from v, patch where value ? 'prices'` })}
   select id from v`,
);

/** Applies the patch to one variant. */
export function updateVariant(
  writer: Writer,
  target: Target,
  variantId: string,
  patch: VariantPatch,
): Promise<ChangeResult> {
  return changePart(writer, target, patch, async (transaction) => {
    const changed = await transaction.rows(update, [target.id, variantId, JSON.stringify(patch)]);
    if (changed.length === 0) throw noVariant(target, variantId);
  });
}

const remove = sql(
  'variant_remove',
  `update variants set deleted_at = now(), position = ${noPosition}
   where product_id = $1 and id = $2 and deleted_at is null
     and (select count(*) from variants where product_id = $1 and deleted_at is null) > 1
   returning id`,
);

/** The first of those that are left becomes the default when the default is gone. */
const fillDefault = sql(
  'variant_fill_default',
  `update variants set position = 0 where product_id = $1 and deleted_at is null
     and position = (select min(position) from variants where product_id = $1 and deleted_at is null) and position > 0`,
);

const isThere = sql(
  'variant_is_there',
  'select id from variants where product_id = $1 and id = $2 and deleted_at is null',
);

/** Takes a variant out of the product; its SKU and options are free again. */
export function removeVariant(writer: Writer, target: Target, variantId: string): Promise<ChangeResult> {
  const ids = [target.id, variantId];
  return changePart(writer, target, {}, async (transaction) => {
    const removed = await transaction.rows(remove, ids);
    if (removed.length === 0) throw await whyKept(transaction, target, variantId);
    await transaction.rows(fillDefault, [target.id]);
  });
}

/** Throws `not-found` unless the product has this variant. */
export async function assertVariant(connection: Connection, target: Target, variantId: string): Promise<void> {
  const [row] = await connection.rows(isThere, [target.id, variantId]);
  if (row === undefined) throw noVariant(target, variantId);
}

async function whyKept(connection: Connection, target: Target, variantId: string): Promise<RefusedError> {
  await assertVariant(connection, target, variantId);
  return new RefusedError({ code: 'last-variant', detail: `the product has no variant but ${variantId}` });
}

const restore = sql(
  'variant_restore',
  `update variants set deleted_at = null, position = ${lastPosition}
   where product_id = $1 and id = $2 and deleted_at is not null and ${isRoom} returning id`,
);
const isRemoved = sql(
  'variant_is_removed',
  'select id from variants where product_id = $1 and id = $2 and deleted_at is not null',
);

/** Puts a removed variant back behind the others, unless its SKU or options were taken meanwhile. */
export function restoreVariant(writer: Writer, target: Target, variantId: string): Promise<ChangeResult> {
  const ids = [target.id, variantId];
  return changePart(writer, target, {}, async (transaction) => {
    if ((await transaction.rows(restore, ids)).length > 0) return;
    if ((await transaction.rows(isRemoved, ids)).length > 0) throw new RefusedError(tooManyVariants);
    const detail = `the product ${target.id} has no removed variant ${variantId}`;
    throw new RefusedError({ code: 'not-found', detail });
  });
}

function noVariant({ id }: Target, variantId: string): RefusedError {
  return new RefusedError({ code: 'not-found', detail: `the product ${id} has no variant ${variantId}` });
}

/**
 * Takes out what is not wanted, and everything else out of the way: places and options are unique at every moment, and two variants
 * may exchange theirs.
 */
const clear = sql(
  'variants_clear',
  `with names as (
     update products set option_names = $2 where id = $1
   )
   update variants set
     deleted_at = case when sku = any($3) then null else now() end,
     position = case when sku = any($3) then position + ${lastPosition} else ${noPosition} end,
     options = case when sku = any($3) then jsonb_build_object(id::text, '') else options end
   where product_id = $1 and deleted_at is null`,
);

const place = sql(
  'variants_place',
  `with wanted as (
     select * from jsonb_to_recordset($2) as w (${variantColumns})
   ), kept as (
     update variants set position = w.position, options = w.options, barcode = w.barcode, weight_grams = w."weightGrams"
     from wanted w where product_id = $1 and deleted_at is null and variants.sku = w.sku returning variants.id, variants.sku
   ), added as (
     insert into variants (id, product_id, position, sku, options, barcode, weight_grams)
     select w.id, $1, w.position, w.sku, w.options, w.barcode, w."weightGrams" from wanted w
     where not exists (select from variants v where v.product_id = $1 and v.deleted_at is null and v.sku = w.sku)
     returning id, sku
   ), vs as (
     select * from kept union all select * from added
   ), price_wanted as (
     select vs.id as variant_id, t.* from vs join wanted w using (sku), jsonb_to_recordset(w.prices) as t (${priceColumns})
   ), ${replacePrices({ wanted: 'price_wanted', replaced: 'select id from vs' })}
   select id from vs`,
);

/** Gives the product exactly these variants, in this order. Who has the SKU of one of them stays, with its id. */
export function replaceVariants(
  writer: Writer,
  target: Target,
  set: VariantSet,
  newId: () => string,
): Promise<ChangeResult> {
  return changePart(writer, target, {}, (transaction) => placeVariants(transaction, target.id, set, newId));
}

/** `replaceVariants` in a transaction in which the product is locked. */
export async function placeVariants(
  transaction: Transaction,
  productId: string,
  { options, variants }: VariantSet,
  newId: () => string,
): Promise<void> {
  await transaction.rows(clear, [productId, options, variants.map(({ sku }) => sku)]);
  const rows = variants.map((variant, position) => ({ id: newId(), position, ...variant }));
  await transaction.rows(place, [productId, JSON.stringify(rows)]);
}
