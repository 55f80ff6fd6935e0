/** CSV as RFC 4180 has it: quoted fields may hold commas, quotes and line breaks. */
import { maximumLineBytes } from './lines.ts';

/** One record: its fields as text. */
export type CsvRecord = readonly string[];

/** A record that is longer than a line may be, or a quote that ends nowhere: the rest cannot be told apart any more. */
export class CsvError extends Error {
  override readonly name = 'CsvError';
}

/** Reads records from text that comes in pieces. Memory is bounded by one record and one piece. Throws `CsvError`. */
export async function* readCsv(pieces: AsyncIterable<string>): AsyncGenerator<CsvRecord> {
  const reader = new RecordReader();
  for await (const piece of pieces) yield* reader.push(piece);
  yield* reader.end();
}

/** Where the reader is in a field. */
type Place = 'start' | 'plain' | 'quoted' | 'quote';

class RecordReader {
  #place: Place = 'start';
  #field = '';
  #record: string[] = [];
  #length = 0;

  *push(piece: string): Generator<CsvRecord> {
    for (const character of piece) {
      this.#length += 1;
      if (this.#length > maximumLineBytes) throw new CsvError(`a record is longer than ${maximumLineBytes} characters`);
      if (this.#place === 'quoted') this.#inQuotes(character);
      else if (character === '\n') yield this.#endRecord();
      else this.#outside(character);
    }
  }

  *end(): Generator<CsvRecord> {
    if (this.#place === 'quoted') throw new CsvError('a quoted field does not end');
    if (this.#length > 0) yield this.#endRecord();
  }

  #inQuotes(character: string): void {
    if (character === '"') this.#place = 'quote';
    else this.#field += character;
  }

  #outside(character: string): void {
    if (character === ',') this.#endField();
    else if (character === '"' && this.#place === 'start') this.#place = 'quoted';
    else if (character === '"' && this.#place === 'quote') {
      // Two of them: one that is meant.
      this.#field += '"';
      this.#place = 'quoted';
    } else {
      this.#field += character;
      this.#place = 'plain';
    }
  }

  #endField(): void {
    this.#record.push(this.#field);
    this.#field = '';
    this.#place = 'start';
  }

  #endRecord(): CsvRecord {
    if (this.#field.endsWith('\r')) this.#field = this.#field.slice(0, -1);
    this.#endField();
    const record = this.#record;
    this.#record = [];
    this.#length = 0;
    return record;
  }
}

/** One line with its end. */
export function formatCsv(fields: CsvRecord): string {
  return `${fields.map((field) => (/[",\r\n]/.test(field) ? `"${field.replaceAll('"', '""')}"` : field)).join(',')}\r\n`;
}
