/** The catalogue as a stream, a page in memory at a time. */
import { runDetached } from '#chassis/context.ts';
import type { Connection } from '#chassis/postgres/statement.ts';
import { readExportPage } from '../store/export-products.ts';
import { csvHeader, type ExportedProduct, formatProduct } from './csv-products.ts';

export type ExportFormat = 'ndjson' | 'csv';

const pageSize = 500;

/**
 * All products that are not deleted, in the order of their ids, as an import takes them. Each page is as the catalogue is when it is
 * read. Longer than a request may otherwise take: it ends when the caller leaves.
 */
export async function* exportProducts(connection: Connection, format: ExportFormat): AsyncGenerator<string> {
  if (format === 'csv') yield csvHeader;
  let after: string | undefined;
  do {
    const rows = await runDetached(() => readExportPage(connection, after, pageSize));
    if (rows.length > 0) yield rows.map(({ json }) => (format === 'csv' ? toCsv(json) : `${json}\n`)).join('');
    after = rows.length === pageSize ? rows.at(-1)?.id : undefined;
  } while (after !== undefined);
}

function toCsv(json: string): string {
  return formatProduct(JSON.parse(json) as ExportedProduct); // by the statement
}
