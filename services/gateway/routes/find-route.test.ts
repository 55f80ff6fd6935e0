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
    '/.well-known',
    '/.well-known/jwks.jsonx',
    '/.well-known/security.txt',
    '/api/.well-known/jwks.json',
  ]) {
    t.is(findRoute(url), undefined, url);
  }
});

test('ambiguous paths are refused', (t) => {
  for (const path of ['/../v1/me', '//me', '/%2e%2e/me', '/a%2fb', '/a%5Cb', '/a\\b', '/./me', '/a%00']) {
    t.throws(() => findRoute(`/api/v1/products${path}`), { instanceOf: ProblemError }, path);
  }
});

test('the keys of access tokens can be had by everybody, and nothing else of their folder', (t) => {
  const found = findRoute('/.well-known/jwks.json?x=1');
  t.is(found?.target, '/.well-known/jwks.json?x=1');
  t.like(found?.route, { upstream: 'user', limit: 'standard', bodyLimitBytes: 0 });
  t.throws(() => findRoute('/.well-known/jwks.json/../../internal/ended-sessions'), { instanceOf: ProblemError });
});

test('what guesses at accounts, costs money or searches has a rate of its own', (t) => {
  const special = proxyRoutes.filter(({ limit }) => limit !== 'standard');
  t.deepEqual(Object.fromEntries(special.map(({ prefix, limit }) => [prefix, limit])), {
    '/api/v1/users': 'sensitive',
    '/api/v1/auth': 'sensitive',
    '/api/v1/orders': 'checkout',
    '/api/v1/payment-intents': 'checkout',
    '/api/v1/search': 'search',
    '/api/v1/suggest': 'search',
  });
  for (const path of ['v1/auth/login', 'v1/auth/refresh', 'v1/auth/forgot-password', 'v1/users', 'users', 'v1/users/7'])
    t.is(findRoute(`/api/${path}`)?.route.limit, 'sensitive', path);
});

test('every prefix and every alias leads to a service', (t) => {
  for (const { prefix, upstream } of proxyRoutes) t.is(upstreamOf(`${prefix}/x`), upstream);
  for (const alias of pathAliases.keys()) t.truthy(upstreamOf(alias), alias);
});

test('whatever is asked for, the target stays below a known prefix', (t) => {
  const path = fc.array(
    fc.constantFrom(
      'api',
      'v1',
      '.well-known',
      'jwks.json',
      'products',
      '..',
      '.',
      '%2e',
      '',
      'internal',
      'a b',
      '%2F',
      'me',
    ),
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
