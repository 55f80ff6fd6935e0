/** The public form of a product, built by PostgreSQL: Node passes the text on without reading it. */
import { utc } from '#chassis/postgres/times.ts';

/** From where rows are taken: tables, or what a statement has just written, which its other parts do not see in the tables. */
export interface ProductRows {
  /** Columns of `variants`. */
  readonly variants: string;
  /** Columns of `prices`. */
  readonly prices: string;
}

const tables: ProductRows = { variants: 'variants', prices: 'prices' };

/**
 * SQL of the prices in force of one variant. Written out by hand because a page of products has hundreds of them: a list takes
 * PostgreSQL a third less time than with `json_build_object`. Currencies are three letters and amounts integers: nothing has to
 * be quoted.
 */
export function pricesJson(prices: string, variantId: string): string {
  return `(select coalesce('[' || string_agg('{"currency":"' || currency || '","amountMinor":' || amount_minor
      || coalesce(',"compareAtMinor":' || compare_at_minor, '') || ',"version":' || version || '}', ',') || ']', '[]')::json
    from (select * from ${prices} where variant_id = ${variantId} order by currency) ordered)`;
}

/** SQL of one variant without its surroundings; `row` names its row. */
export function variantMembers(row: string, prices: string): string {
  return `'id', ${row}.id, 'sku', ${row}.sku, 'options', ${row}.options, 'barcode', ${row}.barcode,
    'weightGrams', ${row}.weight_grams, 'prices', ${pricesJson(prices, `${row}.id`)},
    'availability', coalesce((select state from availability where availability.sku = ${row}.sku), 'unknown')`;
}

const media = `(select coalesce(json_agg(json_build_object('url', coalesce(url, '/api/v1/media/' || file_id), 'alt', alt)
  order by position), '[]') from media where product_id = p.id)`;

/** SQL of a whole product as text; `p` and `v` are the rows of the product and of its variant at position 0. */
export function productJson({ variants, prices }: ProductRows): string {
  return `json_build_object('id', p.id, 'slug', p.slug, 'title', p.title, 'description', p.description, 'status', p.status,
    'categoryId', p.category_id, 'sku', v.sku, 'prices', ${pricesJson(prices, 'v.id')}, 'attributes', p.attributes,
    'options', p.option_names,
    'variants', (select json_agg(json_build_object(${variantMembers('w', prices)}) order by w.position)
      from ${variants} w where w.product_id = p.id and w.deleted_at is null),
    'media', ${media}, 'version', p.version,
    'createdAt', ${utc('p.created_at')}, 'updatedAt', ${utc('p.updated_at')})::text`;
}

/** `productJson` of what is stored. */
export const storedProductJson = productJson(tables);

/** SQL of the prices of all variants of the product `p`, as stored before the statement. */
export const previousPricesJson = `(select coalesce(json_agg(json_build_object('id', w.id, 'prices', ${pricesJson('prices', 'w.id')})), '[]')
  from variants w where w.product_id = p.id and w.deleted_at is null)`;

/** Every product that is there, with its default variant. The index of places holds variants that are there, and only those. */
export const productsWithDefault =
  'products p join variants v on v.product_id = p.id and v.position = 0 and v.deleted_at is null';
