-- phase: expand
-- Prices that are in force for a while instead of the regular one. At no time are two in force for one variant and currency. The
-- constraint compares ranges of one value each instead of values: that needs no extension, which an external server may not have.

create type uuid_range as range (subtype = uuid);
create type currency_range as range (subtype = text, collation = "C");

create table timed_prices (
  id uuid constraint timed_prices__primary_key primary key,
  variant_id uuid not null,
  currency text not null,
  amount_minor bigint not null,
  compare_at_minor bigint,
  valid_from timestamptz not null,
  -- Null: until further notice.
  valid_to timestamptz,
  -- What was done: not begun, in force, over.
  state text not null default 'waiting',
  -- There is a regular price to come back to; without it the timed one goes as well.
  constraint timed_prices__regular_exists foreign key (variant_id, currency) references prices (variant_id, currency)
    on update cascade on delete cascade,
  constraint timed_prices__amount_range check (amount_minor between 0 and 1000000000000),
  constraint timed_prices__compare_at_higher check (compare_at_minor > amount_minor and compare_at_minor <= 1000000000000),
  constraint timed_prices__period check (valid_to > valid_from),
  constraint timed_prices__state_known check (state in ('waiting', 'applied', 'over')),
  constraint timed_prices__no_overlap exclude using gist (
    uuid_range(variant_id, variant_id, '[]') with &&,
    currency_range(currency, currency, '[]') with &&,
    tstzrange(valid_from, valid_to) with &&
  )
);
create index timed_prices__to_begin on timed_prices (valid_from) where state = 'waiting';
create index timed_prices__to_end on timed_prices (valid_to) where state = 'applied';
create index timed_prices__variant on timed_prices (variant_id, currency);
