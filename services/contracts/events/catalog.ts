/** Every type of event of the shop. A new one needs only its entry here. */
import { cartAbandoned, cartMerged } from './cart.ts';
import type { EventType } from './event-type.ts';
import { backInStock, reservationExpired, stockChanged, stockLow, stockOut } from './inventory.ts';
import { productCreated, productDeleted, productPriceChanged, productUpdated } from './product.ts';
import {
  userDeleted,
  userLocked,
  userPasswordChanged,
  userPasswordResetRequested,
  userRegistered,
  userRegistrationRepeated,
  userRolesChanged,
  userSessionCompromised,
  userUnlocked,
  userUpdated,
  userVerificationRequested,
} from './user.ts';

export const eventCatalog: readonly EventType[] = [
  productCreated,
  productUpdated,
  productPriceChanged,
  productDeleted,
  userVerificationRequested,
  userRegistrationRepeated,
  userRegistered,
  userUpdated,
  userPasswordResetRequested,
  userPasswordChanged,
  userRolesChanged,
  userLocked,
  userUnlocked,
  userSessionCompromised,
  userDeleted,
  stockChanged,
  stockLow,
  stockOut,
  backInStock,
  reservationExpired,
  cartAbandoned,
  cartMerged,
];
