-- phase: expand
-- SKUs with their rules, and how much of each lies where. Room is left on the pages, so that a changed counter stays on its page.

create table stock_items (
  sku text collate "C" constraint stock_items__primary_key primary key,
  -- How many units may be sold that are not there, over all warehouses.
  backorder_cap integer not null default 0,
  -- Edges of the announcements: see domain/alerts.ts.
  low_stock_at integer not null default 5,
  recovered_at integer not null default 10,
  back_in_stock_at integer not null default 3,
  alert text not null default 'out',
  -- Grows with every change of a counter: the version of the events.
  version bigint not null default 0,
  policy_version integer not null default 1,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint stock_items__sku_format check (sku ~ '^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$'),
  constraint stock_items__backorder_cap_range check (backorder_cap between 0 and 1000000),
  constraint stock_items__edges_in_order check (low_stock_at >= 0 and recovered_at > low_stock_at and back_in_stock_at >= 1),
  constraint stock_items__alert_known check (alert in ('ok', 'low', 'out'))
) with (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.02);

create table stock_levels (
  sku text collate "C" not null constraint stock_levels__item_exists references stock_items (sku),
  warehouse_id uuid not null constraint stock_levels__warehouse_exists references warehouses (id),
  on_hand integer not null default 0,
  -- Held for orders that are not paid yet.
  reserved integer not null default 0,
  -- Sold and not there yet: the next delivery goes to these.
  backordered integer not null default 0,
  -- That of the item; larger only while more than a lowered cap is owed.
  backorder_cap integer not null default 0,
  -- Grows when stock comes or goes, not with reservations: what a count replaces.
  version integer not null default 1,
  updated_at timestamptz not null default now(),
  constraint stock_levels__primary_key primary key (sku, warehouse_id),
  constraint stock_levels__on_hand_range check (on_hand between 0 and 1000000000),
  constraint stock_levels__counts_not_negative check (reserved >= 0 and backordered >= 0 and backorder_cap >= 0),
  constraint stock_levels__not_oversold check (reserved + backordered <= on_hand + backorder_cap)
) with (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.02);
