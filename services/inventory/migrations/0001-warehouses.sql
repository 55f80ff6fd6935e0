-- phase: expand
-- Where stock lies. A warehouse is never deleted, because the ledger refers to it: it is switched off.

create table warehouses (
  id uuid constraint warehouses__primary_key primary key,
  code text not null,
  name text not null,
  -- The smallest is asked first.
  priority integer not null default 100,
  is_active boolean not null default true,
  version integer not null default 1,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint warehouses__code_format check (code ~ '^[a-z0-9]+(-[a-z0-9]+)*$' and length(code) <= 32),
  constraint warehouses__name_length check (length(name) between 1 and 120),
  constraint warehouses__priority_range check (priority between 0 and 1000)
);
create unique index warehouses__code_unique on warehouses (code);

-- A shop has at least one, so that a new SKU has a place to lie.
insert into warehouses (id, code, name) values ('00000000-0000-7000-8000-000000000001', 'main', 'Main warehouse');
