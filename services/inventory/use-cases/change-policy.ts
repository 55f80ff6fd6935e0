/** Changes the rules of a SKU. */
import { refusalOf } from '#chassis/postgres/errors.ts';
import type { Refusal } from '#contracts/problems.ts';
import type { Writer } from '../deps.ts';
import { type ItemPolicy, readItem, type StoredItem, updateItem } from '../store/items.ts';
import { lockStock } from '../store/lock-stock.ts';

export type PolicyResult =
  | { readonly state: 'changed'; readonly item: StoredItem }
  | { readonly state: 'refused'; readonly refusal: Refusal };

/** Whoever reserves waits meanwhile; the next change of a counter is judged by the new rules. */
export async function changePolicy(
  { database }: Writer,
  target: { readonly sku: string; readonly version: number | 'any' },
  policy: ItemPolicy,
): Promise<PolicyResult> {
  try {
    const item = await database.transaction(async (transaction) => {
      await lockStock(transaction, [target.sku]);
      return updateItem(transaction, target, policy);
    });
    if (item !== undefined) return { state: 'changed', item };
  } catch (error) {
    return { state: 'refused', refusal: refusalOf(error, { stock_items__edges_in_order: edgesOutOfOrder }) };
  }
  const present = await readItem(database.primary, target.sku);
  if (present === undefined)
    return { state: 'refused', refusal: { code: 'not-found', detail: `there is no SKU ${target.sku}` } };
  const detail = `the rules have version ${present.version}, not ${target.version}`;
  return { state: 'refused', refusal: { code: 'precondition-failed', detail } };
}

function edgesOutOfOrder(): Refusal {
  const detail = 'must be more than lowStockAt';
  return { code: 'validation-failed', detail: `recoveredAt ${detail}`, errors: [{ pointer: '#/recoveredAt', detail }] };
}
