import type { ShopApi } from './shop-api.ts';

/** One coupon of each kind, without an end. */
export const seedCoupons = [
  { code: 'WELCOME10', kind: 'percent', value: 1000, maximumUsesPerUser: 1 },
  { code: 'FIVE-EURO', kind: 'fixed', value: 500, currency: 'EUR', minimumSpendMinor: 5000 },
  { code: 'SHIP-FREE', kind: 'free-shipping', value: 0 },
] as const;

/** Adds the coupons that are missing; one that somebody changed or switched off stays as it is. */
export async function seedCouponCodes(api: ShopApi): Promise<string> {
  const present = new Set((await api.all('/api/v1/coupons')).map(({ code }) => code));
  const missing = seedCoupons.filter(({ code }) => !present.has(code));
  for (const coupon of missing) await api.post('/api/v1/coupons', coupon);
  return missing.length === 0 ? 'all of them were there' : missing.map(({ code }) => code).join(', ');
}
