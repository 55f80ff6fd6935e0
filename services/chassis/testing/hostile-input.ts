/** Requests that nobody should send, made from the description of a service. */
import type { ApiDescription, DescribedOperation } from './api-description.ts';
import type { Answer } from './service-under-test.ts';

export interface HostileRequest {
  readonly operation: DescribedOperation;
  /** Path and query, filled in. */
  readonly url: string;
  readonly body?: unknown;
  /** What is hostile about it, for the failure message. */
  readonly about: string;
  /** True when the description does not forbid it: then only a 5xx is wrong. */
  readonly isPerhapsValid: boolean;
}

/** Values that have broken programs before: types, sizes, numbers, text, names that mean something to JavaScript. */
const hostileValues: readonly unknown[] = [
  null,
  true,
  0,
  -1,
  1.5,
  1e21,
  Number.MAX_SAFE_INTEGER + 2,
  '',
  ' ',
  'a\u0000b',
  'ab\u0007cd',
  // What a pattern that looks back and forth takes seconds for.
  `${'a'.repeat(32_000)}\u0001\u0001`,
  '\ud800',
  'x'.repeat(20_000),
  "'; drop table products; --",
  '<script>alert(1)</script>',
  '../../etc/passwd',
  '%00',
  '{{7*7}}',
  'NaN',
  '१२३',
  [],
  {},
  [[]],
  [null],
  { constructor: { prototype: { polluted: true } } },
  JSON.parse('{"__proto__":{"polluted":true}}'),
];

/** Members of what is stored, or of JavaScript, that no caller may set. */
const undeclaredNames = ['id', 'version', 'createdAt', 'deletedAt', 'isAdmin', '__proto__', 'constructor'];

const hostileText: readonly string[] = [
  '-1',
  '0',
  '1e3',
  '99999999999999999999',
  'NaN',
  "' or 1=1 --",
  '%00',
  '%ff',
  '%c0%ae',
  '%E0%A4%A',
  '..%2f..%2f',
  'x'.repeat(3000),
  '%F0%9F%A6%8A',
  '__proto__',
  'constructor',
  'null',
];

/** Requests for one operation; `valid` is a body that it accepts and a value for each path parameter. */
export function hostileRequests(
  api: ApiDescription,
  operation: DescribedOperation,
  valid: {
    readonly body: Readonly<Record<string, unknown>> | undefined;
    readonly params: Readonly<Record<string, string>>;
  },
): readonly HostileRequest[] {
  const url = fill(operation.path, valid.params);
  return [
    ...hostileBodies(operation, valid.body).map(({ body, about, isForbidden = false }) => ({
      operation,
      url,
      body,
      about,
      isPerhapsValid: !isForbidden && api.acceptsBody(operation, body),
    })),
    ...hostileUrls(operation, valid.params).map(({ hostile, about }) => ({
      operation,
      url: hostile,
      ...(valid.body === undefined ? {} : { body: valid.body }),
      about,
      isPerhapsValid: true,
    })),
  ];
}

/** What a forbidden body is refused for: before anything is looked up, so that it is never `not-found`. */
const bodyFaults: readonly unknown[] = ['validation-failed', 'malformed-request', 'payload-too-large'];

/** What is wrong with the answer; nothing when it is a refusal for the right reason, or the request was perhaps valid. */
export function findFaultOfAnswer({ operation, about, isPerhapsValid }: HostileRequest, answer: Answer) {
  const place = `${operation.id}, ${about}: ${answer.status} ${answer.text.slice(0, 200)}`;
  if (answer.status >= 500) return place;
  if (!isPerhapsValid && !bodyFaults.includes(answer.json?.code)) return `not refused because of its body: ${place}`;
  if (answer.status >= 400 && answer.json?.code === undefined) return `no problem document: ${place}`;
  return undefined;
}

interface HostileBody {
  readonly body: unknown;
  readonly about: string;
  /** Whatever the description says. */
  readonly isForbidden?: boolean;
}

function hostileBodies(
  operation: DescribedOperation,
  valid: Readonly<Record<string, unknown>> | undefined,
): readonly HostileBody[] {
  if (valid === undefined) return [];
  const names = Object.keys(operation.bodySchema?.['properties'] ?? {});
  const changed = names.flatMap((name) =>
    hostileValues.map((value) => ({ body: { ...valid, [name]: value }, about: `${name} = ${show(value)}` })),
  );
  const missing = names.map((name) => ({ body: without(valid, name), about: `without ${name}` }));
  const whole = hostileValues.map((value) => ({ body: value, about: `body = ${show(value)}` }));
  // A schema that let these through would describe it so: they are forbidden whatever it says.
  const extra = undeclaredNames.map((name) => ({
    body: Object.defineProperty({ ...valid }, name, { value: 1, enumerable: true }),
    about: `with ${name}`,
    isForbidden: !names.includes(name),
  }));
  return [...changed, ...missing, ...whole, ...extra];
}

function hostileUrls(
  operation: DescribedOperation,
  params: Readonly<Record<string, string>>,
): readonly { readonly hostile: string; readonly about: string }[] {
  const inPath = Object.keys(params).flatMap((name) =>
    hostileText.map((value) => ({
      hostile: fillRaw(operation.path, { ...params, [name]: value }),
      about: `{${name}} = ${show(value)}`,
    })),
  );
  const base = fill(operation.path, params);
  const names = [
    ...operation.parameters.filter((parameter) => parameter.in === 'query').map(({ name }) => name),
    'unknown',
  ];
  const inQuery = names.flatMap((name) => [
    ...hostileText.map((value) => ({ hostile: `${base}?${name}=${value}`, about: `?${name}=${show(value)}` })),
    { hostile: `${base}?${name}=1&${name}=2`, about: `?${name} twice` },
    { hostile: `${base}?${name}[$gt]=`, about: `?${name}[$gt]` },
  ]);
  return [...inPath, ...inQuery];
}

function fill(path: string, params: Readonly<Record<string, string>>): string {
  return path.replaceAll(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(params[name] ?? ''));
}

function fillRaw(path: string, params: Readonly<Record<string, string>>): string {
  return path.replaceAll(/\{(\w+)\}/g, (_, name: string) => params[name] ?? '');
}

function without(record: Readonly<Record<string, unknown>>, name: string): unknown {
  return Object.fromEntries(Object.entries(record).filter(([key]) => key !== name));
}

function show(value: unknown): string {
  return JSON.stringify(value).slice(0, 60);
}
