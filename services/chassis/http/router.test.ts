import test from 'ava';
import { ProblemError } from '../problem.ts';
import type { Method, Route } from './route.ts';
import { createRouter } from './router.ts';

const aRoute = (method: Method, path: `/${string}`): Route<unknown> => ({
  declaration: {
    operationId: `${method} ${path}`,
    method,
    path,
    summary: '',
    tag: '',
    access: 'public',
    responses: {},
  },
  handle: async () => ({ status: 200 }),
});

const router = createRouter([
  aRoute('GET', '/products'),
  aRoute('POST', '/products'),
  aRoute('GET', '/products/{id}'),
  aRoute('DELETE', '/products/{id}'),
  aRoute('GET', '/products/latest'),
  aRoute('POST', '/products/{id}/restore'),
]);

const operation = (method: string, path: string): string => router.match(method, path).route.declaration.operationId;
const codeOf = (method: string, path: string): string | undefined => {
  try {
    return operation(method, path);
  } catch (error) {
    return error instanceof ProblemError ? error.code : String(error);
  }
};

test('a fixed segment wins over a parameter, also for methods that only the parameter has', (t) => {
  t.is(operation('GET', '/products/latest'), 'GET /products/latest');
  t.is(codeOf('DELETE', '/products/latest'), 'method-not-allowed');
  t.is(operation('POST', '/products/latest/restore'), 'POST /products/{id}/restore');
});

test('parameters are decoded once', (t) => {
  t.deepEqual(router.match('GET', '/products/caf%C3%A9%252F').params, { id: 'café%2F' });
});

test('HEAD is answered by GET', (t) => {
  t.is(operation('HEAD', '/products'), 'GET /products');
});

test('unknown paths, empty parameters, other methods and broken escapes are told apart', (t) => {
  t.is(codeOf('GET', '/nothing'), 'route-not-found');
  t.is(codeOf('GET', '/products/'), 'route-not-found');
  t.is(codeOf('GET', '/products/1/'), 'route-not-found');
  t.is(codeOf('GET', '/products/%ff'), 'malformed-request');
  t.is(codeOf('PUT', '/products'), 'method-not-allowed');
  const error = t.throws(() => router.match('PATCH', '/products/1'), { instanceOf: ProblemError });
  t.deepEqual(error?.headers, { allow: 'DELETE, GET, HEAD' });
});

test('two routes for the same method and path are a defect', (t) => {
  t.throws(() => createRouter([aRoute('GET', '/a/{x}'), aRoute('GET', '/a/{y}')]), { message: /two routes/ });
});
