/** What this service works with. */
import type { Logger } from '#chassis/logger.ts';
import type { Outbox } from '#chassis/outbox/outbox.ts';
import type { Database } from '#chassis/postgres/database.ts';
import type { Currency } from '#contracts/money.ts';
import type { Catalogue } from './catalogue/catalogue.ts';
import type { Charges } from './domain/priced-cart.ts';
import type { StockCheck } from './stock/availability.ts';
import type { Activity } from './store/activity.ts';
import type { CartStore } from './store/carts.ts';
import type { Guesses } from './store/guesses.ts';

export interface CartDeps {
  readonly carts: CartStore;
  readonly activity: Activity;
  readonly guesses: Guesses;
  readonly catalogue: Catalogue;
  readonly stock: StockCheck;
  readonly database: Database;
  readonly outbox: Outbox;
  readonly logger: Logger;
  readonly newId: () => string;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  readonly charges: Charges;
  readonly defaultCurrency: Currency;
  readonly lifetimes: CartLifetimesMs;
  readonly quoteSeconds: number;
}

/** How long carts stay without a change, milliseconds. */
export interface CartLifetimesMs {
  readonly guestMs: number;
  readonly userMs: number;
}
