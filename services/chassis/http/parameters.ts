/** Schemas of path and query parameters: they read text and describe themselves in the API description. */
import { z } from 'zod';

/** A whole number between `min` and `max`. */
export function integerParameter(min: number, max: number) {
  const message = `must be a whole number from ${min} to ${max}`;
  return z
    .string()
    .regex(/^-?\d{1,15}$/, message)
    .meta({ type: 'integer', minimum: min, maximum: max })
    .transform(Number)
    .refine((value) => value >= min && value <= max, message);
}

/** `true` or `false`. */
export const booleanParameter = z
  .enum(['true', 'false'], 'must be true or false')
  .meta({ type: 'boolean' })
  .transform((word) => word === 'true');

/** A list separated by commas, 1 to `max` entries. */
export function listParameter<Entry extends z.ZodType<unknown, string>>(entry: Entry, max: number) {
  return z
    .string()
    .meta({ description: `Up to ${max} values separated by commas.` })
    .transform((value) => value.split(','))
    .pipe(z.array(entry).min(1).max(max, `must have at most ${max} values`));
}

/** The length of a page: 1 to 100, default 20. */
export const limitParameter = integerParameter(1, 100)
  .default(20)
  .meta({ description: 'Entries per page.', type: 'integer', minimum: 1, maximum: 100, default: 20 });

/** A cursor that an earlier page gave as `nextCursor`. */
export const cursorParameter = z
  .string()
  .min(1)
  .max(1024)
  .regex(/^[A-Za-z0-9_-]+$/, 'must be the nextCursor of a page')
  .meta({ description: 'The `nextCursor` of the page before.' });
