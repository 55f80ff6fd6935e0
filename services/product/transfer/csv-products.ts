/**
 * Products as CSV: one record per variant; records of one product follow each other and have its slug. What a product has beside its
 * variants is read from its first record.
 */
import type { Currency } from '#contracts/money.ts';
import { type CsvRecord, formatCsv } from './csv.ts';
import type { ReadRow } from './read-rows.ts';

/** All columns; a file may leave out all but `slug`, `title`, `sku` and `prices`. */
export const csvColumns = [
  'slug',
  'title',
  'description',
  'status',
  'categoryId',
  'attributes',
  'sku',
  'options',
  'barcode',
  'weightGrams',
  'prices',
] as const;
type Column = (typeof csvColumns)[number];
const required: readonly Column[] = ['slug', 'title', 'sku', 'prices'];

type Cells = Readonly<Partial<Record<Column, string>>>;

/** Reads the header. Returns what is wrong with it, or its columns. */
export function readHeader(header: CsvRecord): readonly Column[] | string {
  // Spreadsheets begin files with a byte order mark.
  const names = header.map((name) => name.replace(/^\uFEFF/, '').trim());
  const unknown = names.find((name) => !csvColumns.some((column) => column === name));
  if (unknown !== undefined) return `the column ${unknown} is not one of ${csvColumns.join(', ')}`;
  const columns = names as Column[]; // each was found among them
  const missing = required.find((column) => !columns.includes(column));
  if (missing !== undefined) return `the column ${missing} is missing`;
  return new Set(columns).size === columns.length ? columns : 'a column is there twice';
}

/** The cells of a record by their columns. */
export function toCells(columns: readonly Column[], record: CsvRecord): Cells | string {
  if (record.length !== columns.length) return `the record has ${record.length} fields, the header ${columns.length}`;
  return Object.fromEntries(columns.map((column, index) => [column, record[index]]));
}

/** The records of one product as it would be written in JSON; what is wrong in a cell is left for the schema to say. */
export function toWritten(records: readonly Cells[]): ReadRow['written'] {
  const [first = {}] = records;
  const { slug, title, description, status, categoryId, attributes } = first;
  const variants = records.map(toVariant);
  return {
    slug,
    title,
    ...(description === undefined ? {} : { description }),
    ...(isEmpty(status) ? {} : { status }),
    ...(categoryId === undefined ? {} : { categoryId: categoryId === '' ? null : categoryId }),
    ...(isEmpty(attributes) ? {} : { attributes: parseCell(attributes) }),
    options: Object.keys(variants[0]?.options ?? {}),
    variants,
  };
}

function toVariant({ sku, options, barcode, weightGrams, prices }: Cells) {
  const parsed = isEmpty(options) ? {} : parseCell(options);
  return {
    sku,
    options: typeof parsed === 'object' && parsed !== null ? parsed : {},
    ...(isEmpty(barcode) ? {} : { barcode }),
    ...(isEmpty(weightGrams) ? {} : { weightGrams: Number(weightGrams) }),
    prices: toPrices(prices ?? ''),
  };
}

function isEmpty(cell: string | undefined): cell is '' | undefined {
  return cell === undefined || cell === '';
}

/** JSON, or the text itself, which the schema then refuses. */
function parseCell(cell: string): unknown {
  try {
    return JSON.parse(cell);
  } catch {
    return cell;
  }
}

/** `EUR 1999 2499; JPY 3200`: currency, amount and, where there is one, the struck-out amount, in minor units. */
function toPrices(cell: string): readonly unknown[] {
  return cell
    .split(';')
    .map((text) => text.trim())
    .filter((text) => text !== '')
    .map((text) => {
      const [currency, amount, compareAt, ...rest] = text.split(/ +/);
      const isWhole = rest.length === 0 && [amount, compareAt ?? '0'].every((part) => /^\d{1,15}$/.test(part ?? ''));
      if (!isWhole) return { currency, amountMinor: null };
      const price = { currency, amountMinor: Number(amount) };
      return compareAt === undefined ? price : { ...price, compareAtMinor: Number(compareAt) };
    });
}

/** A product as the export has it. */
export interface ExportedProduct {
  readonly slug: string;
  readonly title: string;
  readonly description: string;
  readonly status: string;
  readonly categoryId: string | null;
  readonly attributes: Readonly<Record<string, unknown>>;
  readonly options: readonly string[];
  readonly variants: readonly {
    readonly sku: string;
    readonly options: Readonly<Record<string, string>>;
    readonly barcode: string | null;
    readonly weightGrams: number | null;
    readonly prices: readonly {
      readonly currency: Currency;
      readonly amountMinor: number;
      readonly compareAtMinor?: number;
    }[];
  }[];
}

/** The header line of an export. */
export const csvHeader = formatCsv(csvColumns);

/** The lines of one product. */
export function formatProduct(product: ExportedProduct): string {
  const { slug, title, description, status, categoryId, attributes, options, variants } = product;
  return variants
    .map((variant) => {
      const ordered = Object.fromEntries(options.map((name) => [name, variant.options[name]]));
      const cells: Record<Column, string> = {
        slug,
        title,
        description,
        status,
        categoryId: categoryId ?? '',
        attributes: JSON.stringify(attributes),
        sku: variant.sku,
        options: options.length === 0 ? '' : JSON.stringify(ordered),
        barcode: variant.barcode ?? '',
        weightGrams: variant.weightGrams === null ? '' : String(variant.weightGrams),
        prices: variant.prices
          .map(({ currency, amountMinor, compareAtMinor }) =>
            [currency, amountMinor, compareAtMinor ?? ''].join(' ').trim(),
          )
          .join('; '),
      };
      return formatCsv(csvColumns.map((column) => cells[column]));
    })
    .join('');
}
