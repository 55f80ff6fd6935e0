import test from 'ava';
import { mergeDescriptions } from './merge.ts';
import { renderPage } from './page.ts';

const operation = (schema: string, extra = {}) => ({
  get: {
    summary: 'Read <it>',
    responses: { 200: { description: 'a & b', content: { $ref: `#/components/schemas/${schema}` } } },
    ...extra,
  },
});
const document = (path: string, price: object) => ({
  paths: { [path]: operation('Price'), '/internal/secret': operation('Problem') },
  components: {
    schemas: { Price: { ...price, of: [{ $ref: '#/components/schemas/Problem' }] }, Problem: { type: 'object' } },
  },
});
const merged = mergeDescriptions(
  [
    { name: 'product', document: document('/api/v1/products', { type: 'object' }) },
    { name: 'order', document: document('/api/v1/orders', { type: 'string' }) },
  ],
  { title: 'Shop', version: '1', missing: ['search'], isReachable: (_service, path) => path.startsWith('/api/') },
);

test('schemas of one name and different services stay apart, and references follow them', (t) => {
  t.deepEqual(Object.keys(merged.paths), ['/api/v1/orders', '/api/v1/products']);
  t.deepEqual(Object.keys(merged.components.schemas), ['OrderPrice', 'Problem', 'ProductPrice']);
  t.deepEqual(merged.components.schemas['OrderPrice'], {
    type: 'string',
    of: [{ $ref: '#/components/schemas/Problem' }],
  });
  t.like(merged.paths['/api/v1/products'], {
    get: { 'x-service': 'product', responses: { 200: { content: { $ref: '#/components/schemas/ProductPrice' } } } },
  });
  t.regex(merged.info.description, /do not answer: search/);
});

test('the page names every operation and who may call it, and runs nothing that a text says', (t) => {
  const html = renderPage({
    ...merged,
    paths: {
      '/api/v1/a': operation('A', { 'x-service': 'a', security: [{}, { bearer: [] }] }),
      '/api/v1/b': operation('B', {
        'x-service': 'b',
        security: [{ bearer: [] }],
        description: '<script>alert(1)</script>',
      }),
      '/api/v1/c': operation('C', { 'x-service': 'b', security: [{ bearer: [] }], 'x-roles': ['admin'] }),
    },
  });
  t.regex(html, /<h2>a<\/h2>.*GET \/api\/v1\/a.*for everybody.*<h2>b<\/h2>.*for who is signed in.*for admin/);
  t.true(html.includes('Read &lt;it&gt;') && html.includes('a &amp; b'));
  t.false(html.includes('<script'));
});
