/** Page cursors: where a page ended, as text that callers pass back unread. */
import { createHash } from 'node:crypto';
import { z } from 'zod';
import { ProblemError } from '../problem.ts';

/** What the sort key of a list is; anybody can make a cursor, and a database refuses the wrong one with a defect. */
const keySchemas = {
  // PostgreSQL's text has no U+0000.
  text: z
    .string()
    .max(512)
    .refine((text) => !text.includes('\0')),
  integer: z.int(),
} as const;
export type CursorKey = keyof typeof keySchemas;

const contentSchema = z.strictObject({
  /** Digest of sort order and filters: a cursor means nothing in another list. */
  list: z.string().length(11),
  /** Sort key and id of the last entry. */
  after: z.tuple([z.union([keySchemas.text, keySchemas.integer]), z.uuid()]),
});

/** The sort key and the id of the last entry of a page: together unique, so that no entry is skipped or repeated. */
export type CursorPosition = z.output<typeof contentSchema>['after'];

/** Text for the position after the last entry of a page. `list` describes sort order and filters. */
export function encodeCursor(list: unknown, after: CursorPosition): string {
  return Buffer.from(JSON.stringify({ list: digest(list), after })).toString('base64url');
}

/** The position in a cursor; throws `invalid-cursor` when it is not ours or belongs to another list. */
export function decodeCursor(list: unknown, cursor: string, key: CursorKey): CursorPosition {
  const content = contentSchema.safeParse(parse(cursor));
  if (!content.success || !keySchemas[key].safeParse(content.data.after[0]).success)
    throw new ProblemError('invalid-cursor', 'it is not a cursor of this shop');
  if (content.data.list !== digest(list))
    throw new ProblemError('invalid-cursor', 'it belongs to another filter or sort order');
  return content.data.after;
}

function parse(cursor: string): unknown {
  try {
    return JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8'));
  } catch {
    return undefined;
  }
}

function digest(list: unknown): string {
  return createHash('sha256').update(JSON.stringify(list)).digest('base64url').slice(0, 11);
}
