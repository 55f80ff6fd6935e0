import test from 'ava';
import { z } from 'zod';
import { readApiDescription } from '../testing/api-description.ts';
import { describeApi } from './openapi.ts';
import { booleanParameter } from './parameters.ts';
import { declaredProblems, type RouteDeclaration, routesWith } from './route.ts';

const route = routesWith<unknown>();
const info = { title: 'Test', description: '', version: 'v1' };
const item = z.strictObject({ id: z.uuid(), amount: z.int() }).meta({ id: 'Item' });

const aRoute = (changes: Partial<RouteDeclaration> = {}) =>
  route(
    {
      operationId: 'putItem',
      method: 'PUT',
      path: '/items/{id}',
      summary: 'Put',
      tag: 'items',
      access: ['admin'],
      params: z.strictObject({ id: z.uuid() }),
      query: z.strictObject({ dry: booleanParameter.optional(), mode: z.string() }),
      body: { schema: item, description: 'The item.' },
      headers: { 'x-proof': 'A proof.' },
      cookies: { proof: 'The same.' },
      precondition: 'if-match',
      idempotency: 'required',
      responses: { 200: { description: 'Put.', schema: z.array(item) } },
      problems: ['not-found'],
      ...changes,
    },
    async () => ({ status: 200 }),
  );

test('an operation says all that its declaration says', (t) => {
  const document = JSON.parse(JSON.stringify(describeApi(info, [aRoute()])));
  const operation = document.paths['/items/{id}'].put;
  t.like(operation, { operationId: 'putItem', security: [{ bearer: [] }], 'x-roles': ['admin'] });
  const parameters = operation.parameters.map((parameter: Record<string, unknown>) => [
    parameter['name'],
    parameter['in'],
    parameter['required'] === true,
  ]);
  t.deepEqual(parameters, [
    ['id', 'path', true],
    ['dry', 'query', false],
    ['mode', 'query', true],
    ['x-proof', 'header', false],
    ['proof', 'cookie', false],
    ['If-Match', 'header', true],
    ['Idempotency-Key', 'header', true],
  ]);
  t.deepEqual(operation.parameters[1].schema, { type: 'boolean' }, 'the words of the query are no booleans');
  t.deepEqual(operation.requestBody.content['application/json'].schema, { $ref: '#/components/schemas/Item' });
  t.deepEqual(Object.keys(document.components.schemas), ['Item', 'Problem']);
  t.deepEqual(document.components.schemas.Item.required, ['id', 'amount']);
  t.is(readApiDescription(document).operations[0]?.id, 'putItem');
});

test('every problem that the pipeline can answer is described', (t) => {
  const codes = declaredProblems(aRoute().declaration);
  for (const code of [
    'forbidden',
    'precondition-required',
    'validation-failed',
    'idempotency-key-reused',
    'not-found',
  ] as const)
    t.true(codes.includes(code), code);
  const open = declaredProblems(
    aRoute({ access: 'public', body: undefined as never, precondition: undefined as never }).declaration,
  );
  for (const code of ['forbidden', 'authentication-required', 'validation-failed', 'precondition-required'] as const)
    t.false(open.includes(code), code);
});

test('two operations or two schemas of one name are a defect', (t) => {
  t.throws(() => describeApi(info, [aRoute(), aRoute({ path: '/other' })]), {
    message: /two operations are called putItem/,
  });
  const other = z.strictObject({ id: z.string() }).meta({ id: 'Item2' });
  const again = z.strictObject({ id: z.number() }).meta({ id: 'Item3' });
  t.notThrows(() =>
    describeApi(info, [aRoute({ responses: { 200: { description: '', schema: z.tuple([other, again]) } } })]),
  );
});
