/** Problems that every service and the gateway may answer. */
import type { ProblemType } from './problem-type.ts';

export const generalProblems = {
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
  overloaded: {
    status: 503,
    title: 'There is too much to do',
    cause: 'More requests came than can be answered in time; those that a purchase depends on come first.',
    remedy: 'Try again after `Retry-After`; nothing was changed.',
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
    cause:
      'No connection to the service behind the gateway could be made, or it failed so often that it is left alone for some seconds; the request was not sent.',
    remedy: 'Try again after `Retry-After`.',
  },
  'upstream-timeout': {
    status: 504,
    title: 'The service did not answer in time',
    cause: 'The service behind the gateway sent no response before the deadline.',
    remedy: 'Try again; a request that changes something may have been carried out.',
  },
} as const satisfies Readonly<Record<string, ProblemType>>;
