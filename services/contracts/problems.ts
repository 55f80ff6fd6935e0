/**
 * Every error that a client of the shop can see: RFC 9457 problem types with stable codes.
 *
 * The catalogue is data: responses, OpenAPI documents, the gateway's `/problems` pages and docs/reference/problems.md are
 * made from it. A code is never renamed or given another status; a new meaning is a new code.
 */

export interface ProblemType {
  readonly status: number;
  /** The same for each occurrence. */
  readonly title: string;
  /** When this is answered. */
  readonly cause: string;
  /** What the client can do. */
  readonly remedy: string;
}

export const problemTypes = {
  'malformed-request': {
    status: 400,
    title: 'The request cannot be read',
    cause: 'The body is not JSON, the URL is not valid percent-encoded UTF-8, or the HTTP message itself is broken.',
    remedy: 'Correct the syntax; `detail` says where reading stopped.',
  },
  'invalid-parameter': {
    status: 400,
    title: 'A parameter is not valid',
    cause: 'A path, query or header parameter is unknown, missing, repeated or outside its range.',
    remedy: 'Each entry of `errors` names one parameter and what it may be.',
  },
  'invalid-cursor': {
    status: 400,
    title: 'The page cursor is not valid',
    cause: 'The cursor was changed, or it belongs to a list with another filter or sort order.',
    remedy: 'Start again from the first page, without `cursor`.',
  },
  'authentication-required': {
    status: 401,
    title: 'Sign in first',
    cause: 'The operation needs a signed-in caller and the request carries no token.',
    remedy: 'Send `Authorization: Bearer <access token>`.',
  },
  'invalid-token': {
    status: 401,
    title: 'The access token is not valid',
    cause: 'The token is expired, not yet valid, signed by an unknown key, or made for another audience.',
    remedy: 'Get a new access token.',
  },
  forbidden: {
    status: 403,
    title: 'Not allowed',
    cause: 'The caller is known but has none of the roles that the operation asks for.',
    remedy: 'Use an account with one of the roles that the operation lists as `x-roles` in the API description.',
  },
  'not-found': {
    status: 404,
    title: 'Not found',
    cause: 'There is no such resource, or the caller may not know of it.',
    remedy: 'Check the identifier.',
  },
  'route-not-found': {
    status: 404,
    title: 'No such address',
    cause: 'No operation of the API has this path.',
    remedy: 'See `/openapi.json` for the paths that exist.',
  },
  'method-not-allowed': {
    status: 405,
    title: 'The method is not allowed here',
    cause: 'The path exists, but not with this HTTP method.',
    remedy: 'Use one of the methods in the `Allow` header.',
  },
  'request-timeout': {
    status: 408,
    title: 'The request took too long to arrive',
    cause: 'Headers or body were not received in time.',
    remedy: 'Send the request again without pauses.',
  },
  'slug-taken': {
    status: 409,
    title: 'The slug is taken',
    cause: 'Another product or category has this slug.',
    remedy: 'Choose another slug.',
  },
  'sku-taken': {
    status: 409,
    title: 'The SKU is taken',
    cause: 'Another product has this SKU.',
    remedy: 'Choose another SKU, or change the product that has it.',
  },
  'category-in-use': {
    status: 409,
    title: 'The category is in use',
    cause: 'The category still has products or child categories.',
    remedy: 'Move or delete them first.',
  },
  'idempotency-in-progress': {
    status: 409,
    title: 'The first request with this key is still running',
    cause: 'Two requests with the same `Idempotency-Key` arrived at the same time.',
    remedy: 'Wait as long as `Retry-After` says and send it again.',
  },
  'precondition-failed': {
    status: 412,
    title: 'The resource has changed',
    cause: '`If-Match` does not name the present version: somebody else changed the resource.',
    remedy: 'Read the resource again and repeat the change on the new version.',
  },
  'payload-too-large': {
    status: 413,
    title: 'The body is too large',
    cause: 'The body is longer than the operation accepts.',
    remedy: 'Send less; `detail` says how much is accepted.',
  },
  'uri-too-long': {
    status: 414,
    title: 'The URL is too long',
    cause: 'Path and query together are longer than 4096 characters.',
    remedy: 'Shorten the query.',
  },
  'unsupported-media-type': {
    status: 415,
    title: 'The body has the wrong media type',
    cause: '`Content-Type` is not one that the operation reads, or the body is compressed.',
    remedy: 'Send `Content-Type: application/json` without `Content-Encoding`.',
  },
  'validation-failed': {
    status: 422,
    title: 'The body breaks a rule',
    cause: 'A field of the body is missing, unknown, of the wrong type or outside its range.',
    remedy: 'Each entry of `errors` points at one field and says what it may be.',
  },
  'category-unknown': {
    status: 422,
    title: 'The category does not exist',
    cause: 'The body names a category that is not there.',
    remedy: 'Use the id of a category from `GET /api/v1/categories`.',
  },
  'category-cycle': {
    status: 422,
    title: 'A category cannot be its own ancestor',
    cause: 'The new parent lies below the category that should move, or the tree would be deeper than 10 levels.',
    remedy: 'Choose another parent.',
  },
  'idempotency-key-reused': {
    status: 422,
    title: 'The idempotency key was used for another request',
    cause: 'The same `Idempotency-Key` came before with another body.',
    remedy: 'Use a new key for a new request.',
  },
  'precondition-required': {
    status: 428,
    title: 'Say which version you change',
    cause: 'The operation changes a resource and the request has no `If-Match`.',
    remedy: 'Read the resource and send its `ETag` as `If-Match`.',
  },
  'too-many-requests': {
    status: 429,
    title: 'Too many requests',
    cause: 'The caller used up its share of requests of this kind.',
    remedy: 'Wait as long as `Retry-After` says.',
  },
  'headers-too-large': {
    status: 431,
    title: 'The headers are too large',
    cause: 'The request headers are longer than 16 KiB.',
    remedy: 'Send fewer or shorter headers.',
  },
  'internal-error': {
    status: 500,
    title: 'Something went wrong on our side',
    cause: 'A defect. The logs have the cause under the request id in `instance`.',
    remedy: 'Try again; report the request id if it stays.',
  },
  'bad-gateway': {
    status: 502,
    title: 'A service answered badly',
    cause: 'The service behind the gateway closed the connection or sent something that is not HTTP.',
    remedy: 'Try again; a request that changes something may have been carried out.',
  },
  'service-unavailable': {
    status: 503,
    title: 'The service is not available now',
    cause: 'A store that the service needs is not reachable, or the service is stopping.',
    remedy: 'Try again after `Retry-After`; nothing was changed.',
  },
  'deadline-exceeded': {
    status: 503,
    title: 'The time for this request is used up',
    cause: 'The work was not done before the deadline that the caller or the route sets.',
    remedy: 'Try again; a request that changes something may have been carried out.',
  },
  'upstream-not-deployed': {
    status: 503,
    title: 'This part of the shop is not deployed',
    cause: 'The gateway has no address for the service that owns the path.',
    remedy: 'Enable the service in the stack.',
  },
  'upstream-unavailable': {
    status: 503,
    title: 'The service cannot be reached',
    cause: 'No connection to the service behind the gateway could be made; the request was not sent.',
    remedy: 'Try again after `Retry-After`.',
  },
  'upstream-timeout': {
    status: 504,
    title: 'The service did not answer in time',
    cause: 'The service behind the gateway sent no response before the deadline.',
    remedy: 'Try again; a request that changes something may have been carried out.',
  },
} as const satisfies Readonly<Record<string, ProblemType>>;

/** Stable name of a problem; the last part of its `type` URL. */
export type ProblemCode = keyof typeof problemTypes;

/** All codes, in the order of the catalogue. */
export const problemCodes: readonly ProblemCode[] = Object.keys(problemTypes).filter(isProblemCode);

const typeBase = 'https://ecommerce.stack/problems/';

/** The `type` member: an identifier first; the gateway answers the same path with the description. */
export function problemTypeUrl(code: ProblemCode): string {
  return `${typeBase}${code}`;
}

/** True for a name in the catalogue. */
export function isProblemCode(name: string): name is ProblemCode {
  return Object.hasOwn(problemTypes, name);
}

/** One field or parameter that breaks a rule. */
export interface ProblemEntry {
  /** JSON pointer into the body as a URI fragment, e.g. `#/prices/0/amountMinor`. */
  readonly pointer?: string;
  /** Name of a path, query or header parameter. */
  readonly parameter?: string;
  /** What is wrong and what is allowed. */
  readonly detail: string;
}

/** The body of an error response, media type `application/problem+json`. */
export interface ProblemDocument {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly code: ProblemCode;
  /** About this occurrence; never the cause of a defect on our side. */
  readonly detail?: string;
  /** `urn:request:<request id>`: what support and logs search for. */
  readonly instance?: string;
  readonly errors?: readonly ProblemEntry[];
}

/** An expected refusal of a domain rule: which problem it is, and the fields at fault. */
export interface Refusal {
  readonly code: ProblemCode;
  readonly detail: string;
  readonly errors?: readonly ProblemEntry[];
}
