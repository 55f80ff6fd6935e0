/** Checks what came in and what goes out against the schemas of the route. */
import type { z } from 'zod';
import type { ProblemEntry } from '#contracts/problems.ts';
import { ProblemError } from '../problem.ts';

/** Most entries in one answer: the first faults are enough to go on. */
const maximumEntries = 20;

/** The body as its schema reads it; throws `validation-failed` with a JSON pointer per fault. */
export function validateBody(schema: z.ZodType, body: unknown): unknown {
  const result = schema.safeParse(body);
  if (result.success) return result.data;
  const errors = result.error.issues.flatMap(toEntries).slice(0, maximumEntries);
  throw new ProblemError('validation-failed', `the body has ${errors.length} fault(s)`, { errors });
}

/** Path or query parameters as their schema reads them; throws `invalid-parameter` naming each one at fault. */
export function validateParameters(schema: z.ZodType | undefined, values: unknown): unknown {
  if (schema === undefined) return undefined;
  const result = schema.safeParse(values);
  if (result.success) return result.data;
  const errors = result.error.issues.flatMap(toEntries).map(({ pointer, detail }) => ({
    parameter: (pointer ?? '').slice(2),
    detail,
  }));
  const named = errors.map((entry) => `${entry.parameter} ${entry.detail}`).join('; ');
  throw new ProblemError('invalid-parameter', named, { errors: errors.slice(0, maximumEntries) });
}

/** Query text as a record; a parameter that is given twice is refused, so that no two readers take different ones. */
export function parseQuery(search: string): Readonly<Record<string, string>> {
  const values: Record<string, string> = Object.create(null) as Record<string, string>; // no inherited names
  for (const [name, value] of new URLSearchParams(search)) {
    if (Object.hasOwn(values, name)) {
      const entry = { parameter: name, detail: 'is given twice' };
      throw new ProblemError('invalid-parameter', `${name} is given twice`, { errors: [entry] });
    }
    assertStorableText(value, `query parameter ${name}`);
    values[name] = value;
  }
  return { ...values };
}

/** PostgreSQL stores no NUL and UTF-8 has no lone surrogates: refused at the door instead of failing inside. */
export function assertStorableText(value: string, what: string): void {
  if (value.includes('\0') || !value.isWellFormed()) {
    throw new ProblemError(
      'malformed-request',
      `${what} has a character that is not valid text (U+0000 or half a surrogate pair)`,
    );
  }
}

function toEntries(issue: z.core.$ZodIssue): readonly ProblemEntry[] {
  const pointer = toPointer(issue.path);
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => ({ pointer: toPointer([...issue.path, key]), detail: 'is not known here' }));
  }
  const isAbsent = issue.code === 'invalid_type' && issue.input === undefined && isMissing(issue.message);
  return [{ pointer, detail: isAbsent ? 'is required' : issue.message }];
}

function isMissing(message: string): boolean {
  return message.endsWith('received undefined');
}

/** A JSON pointer as a URI fragment (RFC 6901 §6), without percent-encoding beyond what people read easily. */
function toPointer(path: readonly PropertyKey[]): string {
  return `#/${path.map((part) => String(part).replaceAll('~', '~0').replaceAll('/', '~1')).join('/')}`;
}
