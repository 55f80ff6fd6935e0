/** Coupons in SQL. */
import type { Database } from '#chassis/postgres/database.ts';
import { refusalOf } from '#chassis/postgres/errors.ts';
import { type Connection, sql } from '#chassis/postgres/statement.ts';
import { utc } from '#chassis/postgres/times.ts';
import type { Refusal } from '#contracts/problems.ts';
import type { Coupon, CouponKind } from '../domain/coupon.ts';

export interface NewCoupon {
  readonly code: string;
  readonly kind: CouponKind;
  readonly value: number;
  readonly currency: string | null;
  readonly minimumSpendMinor: number;
  readonly startsAt: string | null;
  readonly endsAt: string | null;
  readonly isActive: boolean;
  readonly maximumUses: number | null;
  readonly maximumUsesPerUser: number | null;
}

/** What a coupon gives stays: customers have seen it. When and how often may change; null takes a limit away. */
export interface CouponPatch {
  readonly startsAt?: string | null | undefined;
  readonly endsAt?: string | null | undefined;
  readonly isActive?: boolean | undefined;
  readonly maximumUses?: number | null | undefined;
  readonly maximumUsesPerUser?: number | null | undefined;
}

export type CouponChange =
  | { readonly state: 'changed'; readonly coupon: Coupon }
  | { readonly state: 'refused'; readonly refusal: Refusal };

const columns = `id, code, kind, coupons.value, currency, minimum_spend_minor as "minimumSpendMinor", ${utc('starts_at')} as "startsAt",
  ${utc('ends_at')} as "endsAt", is_active as "isActive", maximum_uses as "maximumUses",
  maximum_uses_per_user as "maximumUsesPerUser", used, version, ${utc('created_at')} as "createdAt",
  ${utc('updated_at')} as "updatedAt"`;

const insert = sql(
  'coupon_create',
  `insert into coupons (id, code, kind, value, currency, minimum_spend_minor, starts_at, ends_at, is_active, maximum_uses,
     maximum_uses_per_user)
   values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) returning ${columns}`,
);

/** Adds a coupon; its code must be free. */
export async function createCoupon({ primary }: Pick<Database, 'primary'>, id: string, coupon: NewCoupon) {
  const { code, kind, value, currency, minimumSpendMinor, startsAt, endsAt, isActive } = coupon;
  const limits = [coupon.maximumUses, coupon.maximumUsesPerUser];
  const values = [id, code, kind, value, currency, minimumSpendMinor, startsAt, endsAt, isActive, ...limits];
  return change(async () => {
    const [row] = await primary.rows<Coupon>(insert, values);
    if (row === undefined) throw new Error('an insert returned no row');
    return row;
  }, code);
}

const update = sql(
  'coupon_update',
  `with patch as (select $3::jsonb as value)
   update coupons set
     starts_at = case when patch.value ? 'startsAt' then (patch.value->>'startsAt')::timestamptz else starts_at end,
     ends_at = case when patch.value ? 'endsAt' then (patch.value->>'endsAt')::timestamptz else ends_at end,
     is_active = coalesce((patch.value->>'isActive')::boolean, is_active),
     maximum_uses = case when patch.value ? 'maximumUses' then (patch.value->>'maximumUses')::int else maximum_uses end,
     maximum_uses_per_user = case when patch.value ? 'maximumUsesPerUser'
       then (patch.value->>'maximumUsesPerUser')::int else maximum_uses_per_user end,
     version = version + 1, updated_at = now()
   from patch where id = $1 and ($2::int is null or version = $2)
   returning ${columns}`,
);

/** Changes a coupon if it still has the version. */
export async function updateCoupon(
  database: Pick<Database, 'primary'>,
  target: { readonly id: string; readonly version: number | 'any' },
  patch: CouponPatch,
): Promise<CouponChange> {
  const values = [target.id, target.version === 'any' ? null : target.version, JSON.stringify(patch)];
  return change(async () => (await database.primary.rows<Coupon>(update, values))[0] ?? missing(database, target), '');
}

const byId = sql('coupon_by_id', `select ${columns} from coupons where id = $1`);
const byCode = sql(
  'coupon_by_code',
  `select ${columns}, coalesce((select u.used from coupon_users u where u.coupon_id = id and u.user_id = $2), 0) as "usedByUser"
   from coupons where code = $1`,
);

export async function readCoupon(connection: Connection, id: string): Promise<Coupon | undefined> {
  const [row] = await connection.rows<Coupon>(byId, [id]);
  return row;
}

/** A coupon and how often this account has used it. */
export type CouponForUser = Coupon & { readonly usedByUser: number };

/** The coupon with this code; `userId` is absent for a guest. */
export async function findCoupon(
  connection: Connection,
  code: string,
  userId: string | undefined,
): Promise<CouponForUser | undefined> {
  const [row] = await connection.rows<CouponForUser>(byCode, [code, userId ?? null]);
  return row;
}

const list = sql(
  'coupons_page',
  `select ${columns} from coupons where ($1::uuid is null or id < $1) and ($2::boolean is null or is_active = $2)
   order by id desc limit $3`,
);

/** The newest first. */
export async function listCoupons(
  connection: Connection,
  page: { readonly after: string | undefined; readonly isActive: boolean | undefined; readonly limit: number },
): Promise<readonly Coupon[]> {
  return connection.rows<Coupon>(list, [page.after ?? null, page.isActive ?? null, page.limit]);
}

async function change(work: () => Promise<Coupon | Refusal>, code: string): Promise<CouponChange> {
  try {
    const result = await work();
    return 'detail' in result ? { state: 'refused', refusal: result } : { state: 'changed', coupon: result };
  } catch (error) {
    return { state: 'refused', refusal: refusalOf(error, refusals(code)) };
  }
}

async function missing(
  { primary }: Pick<Database, 'primary'>,
  target: { readonly id: string; readonly version: number | 'any' },
): Promise<Refusal> {
  const present = await readCoupon(primary, target.id);
  return present === undefined
    ? { code: 'not-found', detail: `there is no coupon ${target.id}` }
    : { code: 'precondition-failed', detail: `the coupon has version ${present.version}, not ${target.version}` };
}

function refusals(code: string): Readonly<Record<string, () => Refusal>> {
  const invalid = (pointer: string, detail: string) => (): Refusal => ({
    code: 'validation-failed',
    detail: 'the body has 1 fault(s)',
    errors: [{ pointer, detail }],
  });
  return {
    coupons__code_unique: () => ({
      code: 'coupon-code-taken',
      detail: `the code ${code} is taken`,
      errors: [{ pointer: '#/code', detail: 'is taken' }],
    }),
    coupons__window_order: invalid('#/endsAt', 'must be after startsAt'),
    coupons__used_within_limit: invalid('#/maximumUses', 'is less than how often the coupon was used already'),
  };
}
