/** Problems of products, variants, categories and imports. */
import type { ProblemType } from './problem-type.ts';

export const catalogueProblems = {
  'slug-taken': {
    status: 409,
    title: 'The slug is taken',
    cause: 'Another product or category has this slug.',
    remedy: 'Choose another slug.',
  },
  'sku-taken': {
    status: 409,
    title: 'The SKU is taken',
    cause: 'Another product has this SKU.',
    remedy: 'Choose another SKU, or change the product that has it.',
  },
  'variant-options-taken': {
    status: 409,
    title: 'Another variant has these options',
    cause: 'No two variants of a product have the same value for every option.',
    remedy: 'Choose other options, or change the variant that has them.',
  },
  'last-variant': {
    status: 409,
    title: 'A product keeps one variant',
    cause: 'The variant is the only one that the product has left.',
    remedy: 'Delete the product, or add another variant first.',
  },
  'too-many-variants': {
    status: 409,
    title: 'The product has too many variants',
    cause: 'A product has at most 100 variants.',
    remedy: 'Remove variants that are not sold any more, or divide the product.',
  },
  'import-out-of-step': {
    status: 409,
    title: 'The rows do not follow what the import has',
    cause: 'The import is complete already, rows before these are missing, or the job was begun in another mode.',
    remedy: 'Read the job and send what follows `rowsReceived`, or begin another job.',
  },
  'category-in-use': {
    status: 409,
    title: 'The category is in use',
    cause: 'The category still has products or child categories.',
    remedy: 'Move or delete them first.',
  },
  'category-unknown': {
    status: 422,
    title: 'The category does not exist',
    cause: 'The body names a category that is not there.',
    remedy: 'Use the id of a category from `GET /api/v1/categories`.',
  },
  'category-cycle': {
    status: 422,
    title: 'A category cannot be its own ancestor',
    cause: 'The new parent lies below the category that should move, or the tree would be deeper than 10 levels.',
    remedy: 'Choose another parent.',
  },
} as const satisfies Readonly<Record<string, ProblemType>>;
