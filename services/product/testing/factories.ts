/** Bodies that the product service accepts; tests change what they are about. */

let count = 0;

/** A body for `POST /api/v1/products`; slug and SKU are new each time. */
export function aProduct(changes: Readonly<Record<string, unknown>> = {}): Record<string, unknown> {
  count += 1;
  return {
    slug: `product-${count}`,
    title: `Product ${count}`,
    status: 'active',
    sku: `SKU-${count}`,
    prices: [{ currency: 'EUR', amountMinor: 1999 }],
    ...changes,
  };
}

/** A body for `POST /api/v1/categories`. */
export function aCategory(changes: Readonly<Record<string, unknown>> = {}): Record<string, unknown> {
  count += 1;
  return { slug: `category-${count}`, name: `Category ${count}`, ...changes };
}
