/** Schemas of texts in bodies. */
import { z } from 'zod';

/** One line that says something: no control characters, not only blanks. */
export const line = (max: number) =>
  z
    .string()
    .min(1)
    .max(max)
    // Two patterns that each look at a character once; one with both rules would take quadratic time to say no.
    .regex(/^[^\p{Cc}]*$/u, 'must be one line without control characters')
    .regex(/\S/, 'must have something on it');
