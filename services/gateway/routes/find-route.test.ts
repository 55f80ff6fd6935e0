import test from 'ava';
import fc from 'fast-check';
import { ProblemError } from '#chassis/problem.ts';
import { findRoute } from './find-route.ts';
import { pathAliases, proxyRoutes } from './table.ts';

const upstreamOf = (url: string): string | undefined => findRoute(url)?.route.upstream;

test('the longest prefix wins', (t) => {
  t.is(upstreamOf('/api/v1/me'), 'user');
  t.is(upstreamOf('/api/v1/me/addresses/7'), 'user');
  t.is(upstreamOf('/api/v1/me/inbox'), 'notification');
  t.is(upstreamOf('/api/v1/webhooks/payment/sandbox'), 'payment');
});

test('short paths are turned into the real ones and keep their query', (t) => {
  t.is(
    findRoute('/api/products/blue-mug?currency=EUR&x=/../')?.target,
    '/api/v1/products/blue-mug?currency=EUR&x=/../',
  );
  t.is(findRoute('/api/users')?.target, '/api/v1/users');
  t.is(upstreamOf('/api/payments/1'), 'payment');
});

test('only whole segments match', (t) => {
  for (const url of [
    '/api/v1/productsx',
    '/api/v1',
    '/api/v1/internal',
    '/api/v2/products',
    '/',
    '/products',
    '/api/',
  ]) {
    t.is(findRoute(url), undefined, url);
  }
});

test('ambiguous paths are refused', (t) => {
  for (const path of ['/../v1/me', '//me', '/%2e%2e/me', '/a%2fb', '/a%5Cb', '/a\\b', '/./me', '/a%00']) {
    t.throws(() => findRoute(`/api/v1/products${path}`), { instanceOf: ProblemError }, path);
  }
});

test('every prefix and every alias leads to a service', (t) => {
  for (const { prefix, upstream } of proxyRoutes) t.is(upstreamOf(`${prefix}/x`), upstream);
  for (const alias of pathAliases.keys()) t.truthy(upstreamOf(alias), alias);
});

test('whatever is asked for, the target stays below a known prefix', (t) => {
  const path = fc.array(
    fc.constantFrom('api', 'v1', 'products', '..', '.', '%2e', '', 'internal', 'a b', '%2F', 'me'),
    { maxLength: 8 },
  );
  fc.assert(
    fc.property(path, (segments) => {
      try {
        const found = findRoute(`/${segments.join('/')}`);
        return found === undefined || new URL(found.target, 'http://x').pathname.startsWith(found.route.prefix);
      } catch (error) {
        return error instanceof ProblemError;
      }
    }),
    { numRuns: 2000 },
  );
  t.pass();
});
