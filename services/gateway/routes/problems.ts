/** `/problems`: what the codes in error answers mean, for whoever follows their `type`. */
import { z } from 'zod';
import { type Route, routesWith } from '#chassis/http/route.ts';
import { ProblemError } from '#chassis/problem.ts';
import { isProblemCode, problemCodes, problemTypes } from '#contracts/problems.ts';

const route = routesWith<unknown>();

const problemTypeSchema = z
  .strictObject({ code: z.string(), status: z.int(), title: z.string(), cause: z.string(), remedy: z.string() })
  .meta({ id: 'ProblemType' });

const caching = { 'cache-control': 'public, max-age=3600' };

export const problemRoutes: readonly Route<unknown>[] = [
  route(
    {
      operationId: 'listProblemTypes',
      method: 'GET',
      path: '/problems',
      summary: 'All problem types',
      tag: 'problems',
      access: 'public',
      responses: {
        200: { description: 'The catalogue.', schema: z.strictObject({ items: z.array(problemTypeSchema) }) },
      },
    },
    async () => ({
      status: 200,
      body: { items: problemCodes.map((code) => ({ code, ...problemTypes[code] })) },
      headers: caching,
    }),
  ),
  route(
    {
      operationId: 'getProblemType',
      method: 'GET',
      path: '/problems/{code}',
      summary: 'What a problem code means',
      tag: 'problems',
      access: 'public',
      params: z.strictObject({ code: z.string().max(64) }),
      responses: { 200: { description: 'The problem type.', schema: problemTypeSchema } },
      problems: ['not-found'],
    },
    async ({ params: { code } }) => {
      if (!isProblemCode(code)) throw new ProblemError('not-found', `there is no problem code ${code}`);
      return { status: 200, body: { code, ...problemTypes[code] }, headers: caching };
    },
  ),
];
