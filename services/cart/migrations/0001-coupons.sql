-- phase: expand
-- Coupons and their uses. How often one was used is counted in its row: the condition of the update and the constraint keep it below
-- the limit, whoever comes at the same time.

create table coupons (
  id uuid constraint coupons__primary_key primary key,
  -- Upper case.
  code text not null,
  kind text not null,
  -- Basis points, minor units, or 0 for free shipping.
  value bigint not null,
  currency text,
  minimum_spend_minor bigint not null default 0,
  starts_at timestamptz,
  ends_at timestamptz,
  is_active boolean not null default true,
  maximum_uses integer,
  maximum_uses_per_user integer,
  used integer not null default 0,
  version integer not null default 1,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint coupons__code_format check (code ~ '^[A-Z0-9][A-Z0-9_-]{2,39}$'),
  constraint coupons__kind_known check (kind in ('percent', 'fixed', 'free-shipping')),
  constraint coupons__value_range check (
    case kind when 'percent' then value between 1 and 10000 when 'fixed' then value between 1 and 1000000000000 else value = 0 end
  ),
  constraint coupons__currency_where_needed check (
    (currency is not null or (kind <> 'fixed' and minimum_spend_minor = 0)) and currency ~ '^[A-Z]{3}$'
  ),
  constraint coupons__minimum_spend_range check (minimum_spend_minor between 0 and 1000000000000),
  constraint coupons__window_order check (starts_at < ends_at),
  constraint coupons__limits_positive check (maximum_uses >= 0 and maximum_uses_per_user >= 1),
  constraint coupons__used_within_limit check (used >= 0 and used <= maximum_uses)
);
create unique index coupons__code_unique on coupons (code);

-- One row per order that uses a coupon.
create table coupon_redemptions (
  coupon_id uuid not null constraint coupon_redemptions__coupon_exists references coupons (id),
  order_id uuid not null,
  -- Null: a guest, or somebody whose account was erased.
  user_id uuid,
  state text not null default 'redeemed',
  created_at timestamptz not null default now(),
  released_at timestamptz,
  constraint coupon_redemptions__once_per_order primary key (coupon_id, order_id),
  constraint coupon_redemptions__state_known check (state in ('redeemed', 'released'))
);
create index coupon_redemptions__order on coupon_redemptions (order_id);
create index coupon_redemptions__user on coupon_redemptions (user_id) where user_id is not null;

-- How often an account has used a coupon.
create table coupon_users (
  coupon_id uuid not null constraint coupon_users__coupon_exists references coupons (id),
  user_id uuid not null,
  used integer not null,
  constraint coupon_users__primary_key primary key (coupon_id, user_id),
  constraint coupon_users__used_positive check (used >= 0)
);
create index coupon_users__user on coupon_users (user_id);

-- Orders that gave their coupons back: a redemption that was on its way meanwhile must not take them.
create table released_orders (
  order_id uuid constraint released_orders__primary_key primary key,
  created_at timestamptz not null default now()
);
create index released_orders__age on released_orders (created_at);
