import test from 'ava';
import { describeApi } from '#chassis/http/openapi.ts';
import { type DescribedOperation, readApiDescription } from '#chassis/testing/api-description.ts';
import { findFaultOfAnswer, type HostileRequest, hostileRequests } from '#chassis/testing/hostile-input.ts';
import type { ServiceUnderTest } from '#chassis/testing/service-under-test.ts';
import { productService } from './service.ts';
import { aCategory, aProduct, aVariant } from './testing/factories.ts';
import { contentsOf, startDatabases, startProduct } from './testing/product-under-test.ts';

const databases = await startDatabases();
test.after.always(() => databases.close());

const api = readApiDescription(
  describeApi({ title: 'Product', description: '', version: 'test' }, productService.routes),
);

async function send(service: ServiceUnderTest, request: HostileRequest): Promise<string | undefined> {
  const { operation, url, body } = request;
  const content = body === undefined ? {} : { body };
  const headers = { 'if-match': '*', ...request.headers };
  const answer = await service.call(operation.method.toUpperCase(), url, { roles: ['admin'], headers, ...content });
  return findFaultOfAnswer(request, answer);
}

/** A valid body and valid parameters; what is asked for does not exist, so that even an accepted request changes nothing. */
function validFor(operation: DescribedOperation): {
  body: Record<string, unknown> | undefined;
  params: Record<string, string>;
} {
  const id = '01a20792-7531-7b89-86c5-c73c7e30f850';
  const params = { id, variantId: id };
  const used = Object.fromEntries(Object.entries(params).filter(([name]) => operation.path.includes(`{${name}}`)));
  if (operation.bodySchema === undefined) return { body: undefined, params: used };
  return { body: (bodies[operation.id] ?? aProduct)(), params: used };
}

const bodies: Readonly<Record<string, () => Record<string, unknown>>> = {
  createCategory: aCategory,
  updateCategory: aCategory,
  createVariant: aVariant,
  updateVariant: aVariant,
  replaceVariants: () => ({ options: ['size'], variants: [aVariant({ size: 'S' })] }),
  replaceTimedPrices: () => ({
    prices: [{ currency: 'EUR', amountMinor: 1, validFrom: '2020-01-01T00:00:00Z', validTo: '2021-01-01T00:00:00Z' }],
  }),
  replaceMedia: () => ({ media: [{ url: 'https://cdn.example.com/a.png', alt: '' }] }),
};

for (const operation of api.operations) {
  test(`hostile input to ${operation.id} is refused and stores nothing`, async (t) => {
    const rig = await startProduct(t, databases);
    const { service } = rig;
    const before = await contentsOf(rig);
    const all = hostileRequests(api, operation, validFor(operation));
    // What the description forbids must be refused; what it does not forbid must at least not fail.
    const forbidden = all.filter((request) => !request.isPerhapsValid);
    const faults: (string | undefined)[] = [];
    for (const request of forbidden) faults.push(await send(service, request));
    t.is(await contentsOf(rig), before);
    for (const request of all.filter((other) => other.isPerhapsValid)) faults.push(await send(service, request));
    t.deepEqual(
      faults.filter((fault) => fault !== undefined),
      [],
    );
    t.log(`${all.length} requests, ${forbidden.length} of them forbidden by the description`);
  });
}
