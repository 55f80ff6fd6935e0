import test from 'ava';
import { newCouponSchema } from '../../services/cart/routes/schemas.ts';
import { newAdjustmentSchema, newWarehouseSchema } from '../../services/inventory/routes/schemas.ts';
import { grantableRoles } from '../../services/user/domain/account.ts';
import { registrationSchema } from '../../services/user/routes/schemas.ts';
import { seedCoupons } from './coupons.ts';
import { assertFillable, type SeededStack } from './seed-shop.ts';
import { deliveriesFor, seedSkus, seedWarehouses } from './stock.ts';
import { seedPassword, seedUsers } from './users.ts';

const stack = { namespace: 'shop', stack: 'shop' };
const ready = { conditions: [{ type: 'Ready', status: 'True' }] };
const development: SeededStack = { spec: { profile: 'Development' }, status: ready };

test('every SKU comes into two warehouses, in deliveries that are the same each time and as long as the inventory takes', (t) => {
  t.is(seedWarehouses.length, 2);
  t.is(new Set(seedSkus()).size, seedSkus().length);
  const references: string[] = [];
  for (const [index, warehouse] of seedWarehouses.entries()) {
    t.true(newWarehouseSchema.safeParse(warehouse).success);
    const at = { id: `00000000-0000-7000-8000-00000000000${index}`, code: warehouse.code };
    const deliveries = deliveriesFor(at);
    t.deepEqual(deliveries, deliveriesFor(at));
    t.deepEqual(
      deliveries.flatMap(({ lines }) => lines.map(({ sku }) => sku)),
      seedSkus(),
    );
    for (const delivery of deliveries) t.true(newAdjustmentSchema.safeParse(delivery).success, delivery.reference);
    references.push(...deliveries.map(({ reference }) => reference));
  }
  t.is(new Set(references).size, references.length);
});

test('there is somebody for every role, and the user service takes all of them', (t) => {
  t.deepEqual([...new Set(seedUsers.flatMap(({ roles }) => roles))].toSorted(), grantableRoles.toSorted());
  for (const { roles: _roles, ...user } of seedUsers) {
    t.true(registrationSchema.safeParse({ ...user, password: seedPassword }).success, user.email);
  }
});

test('the cart service takes the coupons', (t) => {
  for (const coupon of seedCoupons) t.true(newCouponSchema.safeParse(coupon).success, coupon.code);
});

test('a shop of profile Production and one that is not Ready are refused, with what is the matter', (t) => {
  const production = { ...development, spec: { profile: 'Production' } };
  t.throws(() => assertFillable(production, stack), {
    message: /shop\/shop has profile Production: only .*Development/,
  });
  const status = { conditions: [{ type: 'Ready', status: 'False', message: 'kafka: Creating' }] };
  t.throws(() => assertFillable({ ...development, status }, stack), { message: /is not Ready: kafka: Creating/ });
  t.throws(() => assertFillable({ spec: development.spec }, stack), { message: /no operator has looked at it/ });
});

test('what is switched off is left out', (t) => {
  const spec = { ...development.spec, services: { cart: { enabled: false }, search: {} } };
  const isEnabled = assertFillable({ ...development, spec }, stack);
  t.deepEqual(['cart', 'search', 'product'].map(isEnabled), [false, true, true]);
});
