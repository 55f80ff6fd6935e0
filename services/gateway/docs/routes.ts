/** `/docs`: what one can ask the shop. */
import { z } from 'zod';
import { type Route, routesWith } from '#chassis/http/route.ts';
import type { Descriptions } from './descriptions.ts';

export interface DocsDeps {
  readonly descriptions: Descriptions;
}

const route = routesWith<DocsDeps>();

export const docsRoutes: readonly Route<DocsDeps>[] = [
  route(
    {
      operationId: 'getShopDescription',
      method: 'GET',
      path: '/docs/openapi.json',
      summary: 'The description of all services as one',
      description: 'Only what can be reached from outside. `/docs` shows it as a page.',
      tag: 'meta',
      access: 'public',
      responses: { 200: { description: 'OpenAPI 3.1.', schema: z.looseObject({ openapi: z.string() }) } },
      problems: ['too-many-requests'],
    },
    async (_input, { descriptions }) => ({
      status: 200,
      body: await descriptions.read(),
      headers: { 'cache-control': 'public, max-age=60' },
    }),
  ),
];
