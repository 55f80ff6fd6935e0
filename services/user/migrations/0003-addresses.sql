-- phase: expand
-- Address books. At most one address of an account is the default of each kind.

create table addresses (
  id uuid constraint addresses__primary_key primary key,
  user_id uuid not null constraint addresses__user_exists references users (id),
  recipient text not null,
  company text,
  line1 text not null,
  line2 text,
  city text not null,
  region text,
  postal_code text,
  country_code text not null,
  phone text,
  is_default_shipping boolean not null default false,
  is_default_billing boolean not null default false,
  version integer not null default 1,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint addresses__country_format check (country_code ~ '^[A-Z]{2}$')
);
create index addresses__of_user on addresses (user_id, id);
create unique index addresses__one_default_shipping on addresses (user_id) where is_default_shipping;
create unique index addresses__one_default_billing on addresses (user_id) where is_default_billing;
