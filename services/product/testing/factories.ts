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

/** A variant as bodies have it; its SKU is new each time. */
export function aVariant(
  options: Readonly<Record<string, string>> = {},
  changes: Readonly<Record<string, unknown>> = {},
): Record<string, unknown> {
  count += 1;
  return { sku: `VAR-${count}`, options, prices: [{ currency: 'EUR', amountMinor: 2500 }], ...changes };
}

/** A product with a variant for each colour and size; the changes may be those of `aProduct`. */
export function aShirt(changes: Readonly<Record<string, unknown>> = {}): Record<string, unknown> {
  const { sku: _sku, prices: _prices, ...product } = aProduct();
  const variants = ['red', 'blue'].flatMap((colour) => ['S', 'M'].map((size) => aVariant({ colour, size })));
  return { ...product, options: ['colour', 'size'], variants, ...changes };
}
