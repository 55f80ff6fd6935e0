-- phase: expand
-- Categories, products, their variants and base prices. Constraints are named table__rule: the code maps refusals by name.

create table categories (
  id uuid constraint categories__primary_key primary key,
  parent_id uuid constraint categories__parent_exists references categories (id),
  slug text not null,
  name text not null,
  position integer not null default 0,
  -- Ids from the root to this category: a subtree is one index lookup.
  path uuid[] not null,
  version integer not null default 1,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint categories__slug_format check (slug ~ '^[a-z0-9]+(-[a-z0-9]+)*$' and length(slug) <= 96),
  constraint categories__name_length check (length(name) between 1 and 120),
  constraint categories__path_ends_here check (path[cardinality(path)] = id),
  constraint categories__depth check (cardinality(path) <= 10)
);
create unique index categories__slug_unique on categories (slug);
create index categories__parent on categories (parent_id);
create index categories__path on categories using gin (path);

create table products (
  id uuid constraint products__primary_key primary key,
  slug text not null,
  title text not null,
  -- Sort key. Byte order ("C") stays the same over upgrades of the system's locale data.
  title_key text collate "C" not null generated always as (lower(title)) stored,
  description text not null default '',
  status text not null default 'draft',
  category_id uuid constraint products__category_exists references categories (id),
  attributes jsonb not null default '{}',
  version integer not null default 1,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  deleted_at timestamptz,
  constraint products__slug_format check (slug ~ '^[a-z0-9]+(-[a-z0-9]+)*$' and length(slug) <= 96),
  constraint products__title_length check (length(title) between 1 and 200),
  constraint products__description_length check (length(description) <= 10000),
  constraint products__status_known check (status in ('draft', 'active', 'archived')),
  constraint products__attributes_size check (length(attributes::text) <= 16384)
);
-- The slug of a deleted product may be used again.
create unique index products__slug_unique on products (slug) where deleted_at is null;
create index products__category on products (category_id, id) where deleted_at is null;
create index products__title on products (title_key, id) where deleted_at is null;

-- Every product has at least the variant at position 0, which carries its SKU and prices.
create table variants (
  id uuid constraint variants__primary_key primary key,
  product_id uuid not null constraint variants__product_exists references products (id),
  position integer not null default 0,
  sku text not null,
  options jsonb not null default '{}',
  deleted_at timestamptz,
  constraint variants__position_range check (position between 0 and 999),
  constraint variants__sku_format check (sku ~ '^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$')
);
create unique index variants__sku_unique on variants (sku) where deleted_at is null;
create unique index variants__position_unique on variants (product_id, position);
create unique index variants__options_unique on variants (product_id, options);

-- Base prices. Price lists and schedules are other tables that refer to the same variants.
create table prices (
  variant_id uuid not null constraint prices__variant_exists references variants (id),
  currency text not null,
  amount_minor bigint not null,
  compare_at_minor bigint,
  constraint prices__primary_key primary key (variant_id, currency),
  constraint prices__currency_format check (currency ~ '^[A-Z]{3}$'),
  constraint prices__amount_range check (amount_minor between 0 and 1000000000000),
  constraint prices__compare_at_higher check (compare_at_minor > amount_minor and compare_at_minor <= 1000000000000)
);
create index prices__by_amount on prices (currency, amount_minor, variant_id);
