/** Reading the whole catalogue, a page at a time, in the form that an import takes. */
import { type Connection, sql } from '#chassis/postgres/statement.ts';
import { productsWithDefault } from './product-json.ts';

export interface ExportedRow {
  readonly id: string;
  readonly json: string;
}

/** Regular prices: those in force for a while are not the product's own. */
const regularPrices = `(select coalesce(json_agg(json_strip_nulls(json_build_object('currency', currency,
    'amountMinor', coalesce(regular_amount_minor, amount_minor),
    'compareAtMinor', case when timed_id is null then compare_at_minor else regular_compare_at_minor end)) order by currency), '[]')
  from prices where variant_id = w.id)`;

const page = sql(
  'products_export',
  `select p.id, json_build_object('slug', p.slug, 'title', p.title, 'description', p.description, 'status', p.status,
     'categoryId', p.category_id, 'attributes', p.attributes, 'options', p.option_names, 'variants', (
       select json_agg(json_build_object('sku', w.sku, 'options', w.options, 'barcode', w.barcode,
         'weightGrams', w.weight_grams, 'prices', ${regularPrices}) order by w.position)
       from variants w where w.product_id = p.id and w.deleted_at is null))::text as json
   from ${productsWithDefault} where p.deleted_at is null and p.id > $1 order by p.id limit $2`,
);

const beforeAll = '00000000-0000-0000-0000-000000000000';

/** Products in the order of their ids, after `after`. */
export function readExportPage(
  connection: Connection,
  after: string | undefined,
  limit: number,
): Promise<readonly ExportedRow[]> {
  return connection.rows<ExportedRow>(page, [after ?? beforeAll, limit]);
}
