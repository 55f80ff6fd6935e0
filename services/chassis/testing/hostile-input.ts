/** Requests that nobody should send, made from the description of a service. */
import type { ApiDescription, DescribedOperation } from './api-description.ts';
import type { Answer } from './service-under-test.ts';

export interface HostileRequest {
  readonly operation: DescribedOperation;
  /** Path and query, filled in. */
  readonly url: string;
  readonly body?: unknown;
  /** To be sent beside those that the caller sends anyway, and instead of them. */
  readonly headers?: Readonly<Record<string, string>>;
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

/**
 * Of headers that an operation reads. Control characters are not among them: Node's parser refuses these, and no client here
 * sends them.
 */
const hostileHeaders: readonly string[] = [
  '',
  '"',
  '""',
  'W/"1"',
  '"1", "2"',
  '-1',
  '"1.5"',
  `"${'9'.repeat(400)}"`,
  '"\u00ff\u00fe"',
  '{"a":1}',
  "' or 1=1 --",
  '__proto__',
  'x'.repeat(129),
  'x'.repeat(8000),
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
    ...hostileHeadersOf(operation).map(({ headers, about, isForbidden }) => ({
      operation,
      url,
      headers,
      ...(valid.body === undefined ? {} : { body: valid.body }),
      about,
      isPerhapsValid: !isForbidden,
    })),
  ];
}

/**
 * The longest `Idempotency-Key` is a rule of the chassis, which describes it by this spelling. What another header must look
 * like its handler knows: names of those are described in lower case.
 */
function hostileHeadersOf({ parameters }: DescribedOperation) {
  const names = parameters.filter((parameter) => parameter.in === 'header').map(({ name }) => name);
  return names.flatMap((name) =>
    hostileHeaders.map((value) => ({
      headers: { [name.toLowerCase()]: value },
      about: `${name}: ${show(value)}`,
      isForbidden: name === 'Idempotency-Key' && value.length > 128,
    })),
  );
}

/** What a forbidden body is refused for: before anything is looked up, so that it is never `not-found`. */
const bodyFaults: readonly unknown[] = ['validation-failed', 'malformed-request', 'payload-too-large'];
/** Likewise, before the work begins. */
const headerFaults: readonly unknown[] = ['invalid-parameter'];

/** What is wrong with the answer; nothing when it is a refusal for the right reason, or the request was perhaps valid. */
export function findFaultOfAnswer({ operation, about, isPerhapsValid, headers }: HostileRequest, answer: Answer) {
  const place = `${operation.id}, ${about}: ${answer.status} ${answer.text.slice(0, 200)}`;
  if (answer.status >= 500) return place;
  const expected = headers === undefined ? bodyFaults : headerFaults;
  if (!isPerhapsValid && !expected.includes(answer.json?.code)) return `not refused for what is wrong: ${place}`;
  return answer.status >= 400 && !isProblem(answer) ? `no problem document: ${place}` : undefined;
}

function isProblem({ headers, json }: Answer): boolean {
  return headers.get('content-type') === 'application/problem+json' && json?.code !== undefined;
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
  const nested = names.flatMap((name) =>
    hostileInside(valid[name]).map(({ body, about }) => ({ body: { ...valid, [name]: body }, about: name + about })),
  );
  return [...changed, ...missing, ...whole, ...extra, ...nested];
}

/** One level below a member: its own members, or those of its first entry. `body` is what the member becomes. */
function hostileInside(value: unknown): readonly HostileBody[] {
  if (Array.isArray(value)) {
    const [first, ...others] = value as readonly unknown[];
    if (first === undefined) return [];
    const entries = isRecord(first)
      ? hostileInside(first)
      : hostileValues.map((body) => ({ body, about: ` = ${show(body)}` }));
    return entries.map(({ body, about }) => ({ body: [body, ...others], about: `[0]${about}` }));
  }
  if (!isRecord(value)) return [];
  return [
    ...Object.keys(value).flatMap((name) => [
      ...hostileValues.map((inner) => ({ body: { ...value, [name]: inner }, about: `.${name} = ${show(inner)}` })),
      { body: without(value, name), about: ` without ${name}` },
    ]),
    ...undeclaredNames.map((name) => ({
      body: Object.defineProperty({ ...value }, name, { value: 1, enumerable: true }),
      about: ` with ${name}`,
    })),
  ];
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
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
