/** Asks a service for JSON over connections that the caller keeps: one attempt, with an end in time and size. */
import type { Dispatcher } from 'undici';
import type { z } from 'zod';
import { readUpTo } from '../http/read-up-to.ts';

export interface Question {
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Ends the question; the whole answer must be there before. */
  readonly signal: AbortSignal;
}

/** A page of 100 products with long descriptions has a quarter of that; more is no answer to a question of ours. */
const maximumBytes = 8 * 1024 * 1024;
/** A problem document is shorter. */
const maximumProblemBytes = 16 * 1024;

/** The service answered with another status than 200. */
export class UnexpectedStatusError extends Error {
  override readonly name = 'UnexpectedStatusError';
  readonly status: number;

  constructor(path: string, status: number, text: string) {
    super(`${path} was answered ${status}${text === '' ? '' : `: ${text.slice(0, 200)}`}`);
    this.status = status;
  }
}

/** The answer, if it is 200 and what the schema says; rejects otherwise. */
export async function askJson<Schema extends z.ZodType>(
  dispatcher: Dispatcher,
  { path, headers = {}, signal }: Question,
  schema: Schema,
): Promise<z.output<Schema>> {
  const { statusCode, body } = await dispatcher.request({
    method: 'GET',
    path,
    headers: { accept: 'application/json', ...headers },
    signal,
  });
  const chunks = body as AsyncIterable<Buffer>; // nobody sets an encoding
  if (statusCode !== 200) {
    const text = await readUpTo(chunks, maximumProblemBytes);
    throw new UnexpectedStatusError(path, statusCode, text?.toString('utf8') ?? '');
  }
  const json = await readUpTo(chunks, maximumBytes);
  if (json === undefined) throw new Error(`${path} was answered with more than ${maximumBytes} bytes`);
  return schema.parse(JSON.parse(json.toString('utf8')));
}
