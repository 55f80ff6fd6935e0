/** The public form of a product, built by PostgreSQL: Node passes the text on without reading it. */

/** The wire format of times: RFC 3339 in UTC with milliseconds. */
function time(column: string): string {
  return `to_char(${column} at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`;
}

/** SQL of the `prices` member from rows with the columns of the table `prices`. */
export function pricesJson(from: string): string {
  return `(select coalesce(json_agg(json_strip_nulls(json_build_object('currency', currency, 'amountMinor', amount_minor,
    'compareAtMinor', compare_at_minor)) order by currency), '[]') from ${from})`;
}

/** SQL of a whole product as text; `p` and `v` are the row of the product and of its variant at position 0. */
export function productJson(prices: string): string {
  return `json_build_object('id', p.id, 'slug', p.slug, 'title', p.title, 'description', p.description, 'status', p.status,
    'categoryId', p.category_id, 'sku', v.sku, 'prices', ${prices}, 'attributes', p.attributes, 'version', p.version,
    'createdAt', ${time('p.created_at')}, 'updatedAt', ${time('p.updated_at')})::text`;
}

/** `productJson` with the stored prices. */
export const storedProductJson = productJson(pricesJson('prices where variant_id = v.id'));
