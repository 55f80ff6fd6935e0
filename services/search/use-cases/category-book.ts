/** The tree of categories as this replica knows it. */
import type { Logger } from '#chassis/logger.ts';
import { createRecurring } from '#chassis/recurring.ts';
import type { Worker } from '#chassis/service.ts';
import type { ProductClient } from '../clients/product-client.ts';
import { buildCategoryTree, type Category, type CategoryTree } from '../domain/categories.ts';
import type { Records } from '../domain/records.ts';

export interface CategoryBook {
  /** Undefined until it was read for the first time. */
  readonly tree: CategoryTree | undefined;
  readonly worker: Worker;
}

interface CategoryBookOptions {
  readonly records: Records;
  readonly products: Pick<ProductClient, 'readCategories'>;
  readonly logger: Logger;
  readonly pollMs: number;
}

const recordId = 'categories';

interface CategoriesRecord {
  readonly categories: readonly Category[];
}

/**
 * Reads the tree again and again. What was read last is kept in a record, so that a replica that starts while the product service
 * is away knows it, too. Products only hold the id of their category: moving one changes no document.
 */
export function createCategoryBook({ records, products, logger, pollMs }: CategoryBookOptions): CategoryBook {
  let tree: CategoryTree | undefined;
  let known = '';
  const learn = async (): Promise<void> => {
    const categories = await products.readCategories();
    const text = JSON.stringify(categories);
    if (text === known) return;
    tree = buildCategoryTree(categories);
    await keep(records, { categories });
    known = text;
  };
  const recall = async (): Promise<void> => {
    const kept = await records.read<CategoriesRecord>(recordId);
    if (kept !== undefined) tree ??= buildCategoryTree(kept.value.categories);
  };
  const work = async () => {
    try {
      await learn();
    } catch (error) {
      if (tree === undefined) await recall();
      throw error;
    }
    return { nextMs: pollMs };
  };
  const worker = createRecurring('categories', work, { logger, retryMs: Math.min(pollMs, 2000) });
  return {
    get tree() {
      return tree;
    },
    worker,
  };
}

/** Whoever else is faster has read the same. */
async function keep(records: Records, value: CategoriesRecord): Promise<void> {
  const kept = await records.read<CategoriesRecord>(recordId);
  await records.write(recordId, kept?.place, value);
}
