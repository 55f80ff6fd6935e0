/** A demonstration catalogue: the same products each time, made from lists of words. Pure. */
import { createHash } from 'node:crypto';
import { uuidv7 } from '#chassis/ids.ts';
import { type Currency, currencyExponents } from '#contracts/money.ts';

export interface SeedCategory {
  readonly id: string;
  readonly parentId: string | null;
  readonly slug: string;
  readonly name: string;
  readonly position: number;
  readonly path: readonly string[];
}

export interface SeedProduct {
  readonly id: string;
  readonly slug: string;
  readonly title: string;
  readonly description: string;
  readonly status: 'active' | 'draft';
  readonly categoryId: string;
  readonly attributes: Readonly<Record<string, string | number>>;
  readonly createdAt: string;
  readonly options: readonly string[];
  /** The default one first; it has the id of the product. */
  readonly variants: readonly SeedVariant[];
}

export interface SeedVariant {
  readonly id: string;
  readonly position: number;
  readonly sku: string;
  readonly options: Readonly<Record<string, string>>;
  readonly barcode: string;
  readonly weightGrams: number;
  readonly prices: readonly {
    readonly currency: Currency;
    readonly amountMinor: number;
    readonly compareAtMinor?: number;
  }[];
}

export interface SeedCatalogue {
  /** Parents before children. */
  readonly categories: readonly SeedCategory[];
  readonly products: readonly SeedProduct[];
}

/** Products that `seed` makes unless asked otherwise. */
export const defaultProductCount = 1200;

const firstDay = Date.UTC(2024, 0, 1);
const minuteMs = 60_000;

/** Departments, their shelves, and what one thing on the shelf is called. */
const departments: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  Kitchen: { Knives: 'Knife', Pans: 'Pan', Bakeware: 'Baking Tin', Coffee: 'Coffee Maker' },
  Garden: { Tools: 'Spade', Planters: 'Planter', Lighting: 'Lantern', Seeds: 'Seed Box' },
  Office: { Desks: 'Desk', Chairs: 'Chair', Stationery: 'Notebook', Lamps: 'Lamp' },
  Outdoor: { Tents: 'Tent', Backpacks: 'Backpack', Stoves: 'Stove', Bottles: 'Bottle' },
  Home: { Textiles: 'Blanket', Mirrors: 'Mirror', Shelves: 'Shelf', Candles: 'Candle' },
};
const things: Readonly<Record<string, string>> = Object.assign({}, ...Object.values(departments));
const makers = ['Alder', 'Birch', 'Cedar', 'Dune', 'Ember', 'Fjord', 'Grove', 'Harbor', 'Iris', 'Juniper'];
const styles = ['Classic', 'Compact', 'Deluxe', 'Light', 'Modern', 'Rustic', 'Studio', 'Travel'];
const materials = ['oak', 'steel', 'linen', 'ceramic', 'glass', 'recycled plastic'];
/** Sizes with what they add to weight and price, hundredths. */
const sizes: Readonly<Record<string, number>> = { S: 0, M: 20, L: 45 };
const colours = ['black', 'white', 'sand', 'forest', 'ocean', 'brick'];

/** Units of the currency for one euro: fixed, because the catalogue must not change from day to day. */
const rates: Readonly<Partial<Record<Currency, number>>> = {
  EUR: 1,
  USD: 1.08,
  GBP: 0.85,
  JPY: 165,
  PLN: 4.3,
  KWD: 0.33,
};

/** The catalogue with `count` products; a smaller one is the beginning of a larger one. */
export function makeCatalogue(count: number = defaultProductCount): SeedCatalogue {
  const categories = makeCategories();
  const leaves = categories.filter((category) => category.parentId !== null);
  return { categories, products: Array.from({ length: count }, (_, index) => makeProduct(index, leaves)) };
}

function makeCategories(): readonly SeedCategory[] {
  return Object.entries(departments).flatMap(([name, children], position) => {
    const root = makeCategory(name, undefined, position);
    return [root, ...Object.keys(children).map((child, index) => makeCategory(child, root, index))];
  });
}

function makeCategory(name: string, parent: SeedCategory | undefined, position: number): SeedCategory {
  const slug = toSlug(parent === undefined ? name : `${parent.name} ${name}`);
  const id = seedId(`category:${slug}`, firstDay);
  return { id, parentId: parent?.id ?? null, slug, name, position, path: [...(parent?.path ?? []), id] };
}

function makeProduct(index: number, leaves: readonly SeedCategory[]): SeedProduct {
  const draw = drawer(index);
  const category = draw(leaves);
  const [maker, style, material] = [draw(makers), draw(styles), draw(materials)];
  const number = String(index + 1).padStart(5, '0');
  const createdMs = firstDay + index * minuteMs;
  const title = `${maker} ${style} ${things[category.name] ?? category.name} ${number}`;
  return {
    id: seedId(`product:${index}`, createdMs),
    slug: toSlug(title),
    title,
    description: `A ${style.toLowerCase()} piece of ${material} by ${maker}, for ${category.name.toLowerCase()}.`,
    // Every fiftieth is not published yet, so that staff pages have something to show.
    status: index % 50 === 49 ? 'draft' : 'active',
    categoryId: category.id,
    attributes: { maker, material, colour: draw(colours), weightGrams: 100 + (digest(`weight:${index}`)[0] ?? 0) * 10 },
    createdAt: new Date(createdMs).toISOString(),
    ...makeVariants(index, `${maker.slice(0, 3).toUpperCase()}-${number}`, createdMs),
  };
}

/** Every third product comes in three sizes and two colours; the others are one thing. */
function makeVariants(index: number, sku: string, createdMs: number): Pick<SeedProduct, 'options' | 'variants'> {
  const id = seedId(`product:${index}`, createdMs);
  const place = (position: number) => ({
    id: position === 0 ? id : seedId(`variant:${index}:${position}`, createdMs),
    position,
    barcode: String(4_000_000_000_000 + index * 10 + position),
  });
  const weightGrams = 100 + (digest(`weight:${index}`)[0] ?? 0) * 10;
  if (index % 3 !== 1)
    return { options: [], variants: [{ ...place(0), sku, options: {}, weightGrams, prices: makePrices(index, 0) }] };
  const first = index % colours.length;
  const pair = [first, (first + 1) % colours.length].map((colour) => colours[colour] ?? '');
  const variants = pair.flatMap((colour, row) =>
    Object.entries(sizes).map(([size, extra], column) => ({
      ...place(row * 3 + column),
      sku: `${sku}-${colour.slice(0, 2).toUpperCase()}-${size}`,
      options: { colour, size },
      weightGrams: Math.round((weightGrams * (100 + extra)) / 100),
      prices: makePrices(index, extra),
    })),
  );
  return { options: ['colour', 'size'], variants };
}

function makePrices(index: number, extra: number): SeedVariant['prices'] {
  const base = 499 + (digest(`price:${index}`).readUInt32BE(0) % 40_000);
  const euroCents = Math.round((base * (100 + extra)) / 100);
  const isReduced = index % 10 === 3;
  return (Object.keys(rates) as Currency[]).map((currency) => {
    const amountMinor = Math.round((euroCents / 100) * (rates[currency] ?? 1) * 10 ** currencyExponents[currency]);
    return { currency, amountMinor, ...(isReduced ? { compareAtMinor: Math.ceil(amountMinor * 1.25) + 1 } : {}) };
  });
}

/** Draws that depend on the product's number only. */
function drawer(index: number): <T>(list: readonly T[]) => T {
  const bytes = digest(`draw:${index}`);
  let position = 0;
  return <T>(list: readonly T[]): T => {
    const value = list[bytes.readUInt16BE(position) % list.length];
    position += 2;
    if (value === undefined) throw new Error('a list of words is empty');
    return value;
  };
}

function seedId(name: string, timeMs: number): string {
  return uuidv7(timeMs, digest(name).subarray(0, 10));
}

function digest(text: string): Buffer {
  return createHash('sha256').update(`seed:${text}`).digest();
}

function toSlug(text: string): string {
  return text.toLowerCase().replaceAll(/[^a-z0-9]+/g, '-');
}
