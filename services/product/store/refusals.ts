/** What a violated constraint means to the caller. */
import type { ProblemCode, Refusal } from '#contracts/problems.ts';
import { maximumVariants } from '../domain/product.ts';

/** Members of what was written that a refusal names. */
interface Content {
  readonly slug?: string;
  readonly sku?: string;
  readonly categoryId?: string | null;
}

/** Refusals by the name of the constraint. */
export function refusals({ slug, sku, categoryId }: Content): Readonly<Record<string, () => Refusal>> {
  return {
    products__slug_unique: () => ({
      code: 'slug-taken',
      detail: slug === undefined ? 'its slug is taken meanwhile' : `the slug ${slug} is taken`,
      errors: [{ pointer: '#/slug', detail: 'is taken' }],
    }),
    variants__sku_unique: () => ({
      code: 'sku-taken',
      detail: sku === undefined ? 'one of its SKUs is taken' : `the SKU ${sku} is taken`,
      errors: [{ pointer: '#/sku', detail: 'is taken' }],
    }),
    products__category_exists: () =>
      invalid('category-unknown', `no category has the id ${categoryId}`, ['#/categoryId', 'does not exist']),
    products__attributes_size: () =>
      invalid('validation-failed', 'the attributes together are longer than 16384 characters', [
        '#/attributes',
        'are longer than 16384 characters together',
      ]),
    variants__options_taken: () =>
      invalid('variant-options-taken', 'another variant of the product has the same options', [
        '#/options',
        'are those of another variant',
      ]),
    variants__options_complete: () =>
      invalid('validation-failed', 'a variant names each option of its product and no other', [
        '#/options',
        'must name each option of the product and no other',
      ]),
    timed_prices__regular_exists: () =>
      invalid('validation-failed', 'a timed price needs a regular price in its currency', [
        '#/prices',
        'must be in currencies in which the variant has a regular price',
      ]),
    timed_prices__no_overlap: () =>
      invalid('validation-failed', 'two prices of one currency are in force at once', [
        '#/prices',
        'must not overlap within a currency',
      ]),
    media__file_exists: () =>
      invalid('validation-failed', 'no uploaded file has this id', ['#/media', 'names a file that does not exist']),
  };
}

/** The product has as many variants as it can. */
export const tooManyVariants: Refusal = {
  code: 'too-many-variants',
  detail: `the product has ${maximumVariants} variants already`,
};

function invalid(code: ProblemCode, detail: string, [pointer, fault]: readonly [string, string]): Refusal {
  return { code, detail, errors: [{ pointer, detail: fault }] };
}
