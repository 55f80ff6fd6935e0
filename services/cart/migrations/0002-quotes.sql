-- phase: expand
-- Quotes: what a cart cost when its customer went to the checkout. An order is made from one of these and not from the cart.

create table quotes (
  id uuid constraint quotes__primary_key primary key,
  cart_id text not null,
  cart_version integer not null,
  -- Null: a guest.
  user_id uuid,
  content jsonb not null,
  created_at timestamptz not null default now(),
  expires_at timestamptz not null
);
create index quotes__expiry on quotes (expires_at);
create index quotes__user on quotes (user_id) where user_id is not null;

-- What was told about a cart once and is not told again: an abandoned state, a merge.
create table cart_notices (
  cart_id text not null,
  kind text not null,
  -- The version that was left, or the guest's cart.
  subject text not null,
  created_at timestamptz not null default now(),
  constraint cart_notices__primary_key primary key (cart_id, kind, subject)
);
create index cart_notices__age on cart_notices (created_at);
