/** Finds the proxy route of a request, or says that the path is none. */
import { ProblemError } from '#chassis/problem.ts';
import { keySetPath, type ProxyRoute, pathAliases, proxyRoutes } from './table.ts';

export interface FoundRoute {
  readonly route: ProxyRoute;
  /** Path and query for the service. */
  readonly target: string;
}

/** Longest path and query that are passed on. */
const maximumUrlLength = 4096;

const byPrefix: ReadonlyMap<string, ProxyRoute> = new Map(proxyRoutes.map((route) => [route.prefix, route]));
/** `/api/v1/webhooks/payment` is the longest. */
const mostSegments = Math.max(...proxyRoutes.map((route) => route.prefix.split('/').length - 1));

/**
 * The route of `url` (path and query as received); nothing when no service owns the path.
 *
 * Paths that two readers could take differently (dot segments, empty segments, escaped slashes or backslashes, control
 * characters) are refused as `malformed-request`, not repaired: what is checked here must be what the service sees.
 */
export function findRoute(url: string): FoundRoute | undefined {
  if (!url.startsWith('/api/') && !url.startsWith(keySetPath)) return undefined;
  if (url.length > maximumUrlLength) throw new ProblemError('uri-too-long');
  const queryStart = url.indexOf('?');
  const path = queryStart === -1 ? url : url.slice(0, queryStart);
  if (!isUnambiguous(path)) throw new ProblemError('malformed-request', 'the path is ambiguous');
  const full = expandAlias(path);
  const route = longestMatch(full);
  return route === undefined ? undefined : { route, target: queryStart === -1 ? full : full + url.slice(queryStart) };
}

/** One regular expression for the usual path, the careful look only for what it does not cover. */
function isUnambiguous(path: string): boolean {
  if (/^(?:\/[A-Za-z0-9_-]+)+$/.test(path)) return true;
  if (/[^\x21-\x7e]|\\|\/\/|%(?:2f|5c|00|2e)/i.test(path)) return false;
  return path.split('/').every((segment) => segment !== '.' && segment !== '..');
}

function expandAlias(path: string): string {
  const end = path.indexOf('/', '/api/'.length);
  const head = end === -1 ? path : path.slice(0, end);
  const alias = pathAliases.get(head);
  return alias === undefined ? path : alias + path.slice(head.length);
}

function longestMatch(path: string): ProxyRoute | undefined {
  for (let end = endOfSegment(path, mostSegments); end > 0; end = path.lastIndexOf('/', end - 1)) {
    const route = byPrefix.get(path.slice(0, end));
    if (route !== undefined) return route;
  }
  return undefined;
}

/** Where segment number `count` ends, or the path if it has fewer. */
function endOfSegment(path: string, count: number): number {
  let end = 0;
  for (let segment = 0; segment < count && end !== -1; segment += 1) end = path.indexOf('/', end + 1);
  return end === -1 ? path.length : end;
}
