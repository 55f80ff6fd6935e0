/** The rows of an import, from the bytes of the request. */
import { parseJson } from '#chassis/http/body.ts';
import { ProblemError } from '#chassis/problem.ts';
import { CsvError, readCsv } from './csv.ts';
import { readHeader, toCells, toWritten } from './csv-products.ts';
import { maximumLineBytes, splitLines, tooLong } from './lines.ts';

/** One product of the file. */
export interface ReadRow {
  /** Number of its line or record, the first one being 1; the header is not counted. */
  readonly number: number;
  /** Number of its last record. */
  readonly last: number;
  /** As it is written; nothing when it could not be read. */
  readonly written?: Readonly<Record<string, unknown>>;
  readonly fault?: string;
}

export const ndjsonType = 'application/x-ndjson';
export const csvType = 'text/csv';

/** Most variants of one product, and one more to say that it has too many. */
const mostRecords = 101;

/** Reads as much as is asked for; `first` is the number of the first row. Throws what the stream throws. */
export function readRows(chunks: AsyncIterable<Buffer>, mediaType: string, first: number): AsyncGenerator<ReadRow> {
  return mediaType === csvType ? readCsvRows(chunks, first) : readJsonRows(chunks, first);
}

async function* readJsonRows(chunks: AsyncIterable<Buffer>, first: number): AsyncGenerator<ReadRow> {
  let number = first;
  for await (const line of splitLines(chunks)) {
    if (line !== tooLong && line.length === 0) continue;
    const place = { number, last: number };
    if (line === tooLong) yield { ...place, fault: `the line is longer than ${maximumLineBytes} bytes` };
    else yield { ...place, ...readWritten(() => parseJson(line)) };
    number += 1;
  }
}

function readWritten(read: () => unknown): Pick<ReadRow, 'written' | 'fault'> {
  try {
    const written = read();
    if (typeof written !== 'object' || written === null || Array.isArray(written)) return { fault: 'is no object' };
    return { written: written as Readonly<Record<string, unknown>> }; // an object
  } catch (error) {
    if (error instanceof ProblemError) return { fault: error.message };
    throw error;
  }
}

async function* readCsvRows(chunks: AsyncIterable<Buffer>, first: number): AsyncGenerator<ReadRow> {
  const groups = new Groups(first);
  try {
    for await (const record of readCsv(decode(chunks))) yield* groups.push(record);
  } catch (error) {
    if (!(error instanceof CsvError)) throw error;
    throw new ProblemError('malformed-request', `the CSV is broken after record ${groups.last}: ${error.message}`);
  }
  yield* groups.end();
}

async function* decode(chunks: AsyncIterable<Buffer>): AsyncGenerator<string> {
  const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
  try {
    for await (const chunk of chunks) yield decoder.decode(chunk, { stream: true });
    yield decoder.decode();
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    throw new ProblemError('malformed-request', 'the body is not UTF-8', { cause: error });
  }
}

type Cells = Exclude<ReturnType<typeof toCells>, string>;

/** Brings together the records of one product. */
class Groups {
  #columns: Exclude<ReturnType<typeof readHeader>, string> | undefined;
  #cells: Cells[] = [];
  #begun: number;
  last: number;

  constructor(first: number) {
    this.#begun = first;
    this.last = first - 1;
  }

  *push(record: readonly string[]): Generator<ReadRow> {
    if (this.#columns === undefined) {
      const columns = readHeader(record);
      if (typeof columns === 'string') throw new ProblemError('malformed-request', columns);
      this.#columns = columns;
      return;
    }
    if (record.length === 1 && record[0] === '') return;
    const cells = toCells(this.#columns, record);
    if (typeof cells === 'string' || cells.slug !== this.#cells[0]?.slug) yield* this.end();
    this.last += 1;
    if (typeof cells === 'string') {
      yield { number: this.last, last: this.last, fault: cells };
      this.#begun = this.last + 1;
    } else if (this.#cells.length < mostRecords) this.#cells.push(cells);
  }

  *end(): Generator<ReadRow> {
    const cells = this.#cells;
    const number = this.#begun;
    this.#cells = [];
    this.#begun = this.last + 1;
    // What came from JSON in a cell is checked as a body would be.
    const read = () => parseJson(new TextEncoder().encode(JSON.stringify(toWritten(cells))));
    if (cells.length > 0) yield { number, last: this.last, ...readWritten(read) };
  }
}
