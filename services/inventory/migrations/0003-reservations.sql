-- phase: expand
-- Stock that is held for an order until a time.

create table reservations (
  id uuid constraint reservations__primary_key primary key,
  -- One reservation per order: the order's id is the key of idempotency.
  order_id uuid not null constraint reservations__order_unique unique,
  status text not null default 'active',
  strategy text not null,
  expires_at timestamptz not null,
  created_at timestamptz not null,
  closed_at timestamptz,
  constraint reservations__status_known check (status in ('active', 'confirmed', 'released', 'expired')),
  constraint reservations__strategy_known check (strategy in ('priority', 'most-stock', 'single-shipment')),
  constraint reservations__closed_when_over check ((status = 'active') = (closed_at is null))
) with (autovacuum_vacuum_scale_factor = 0.02);
-- What may expire: nearly empty, however many reservations there have been.
create index reservations__expiry on reservations (expires_at) where status = 'active';

-- Written only in the statement that writes their reservation, and never changed. A foreign key would prove what that statement shows,
-- and takes longer than the rest of it: 6 of 11 ms for a group of 64.
create table reservation_lines (
  reservation_id uuid not null,
  sku text collate "C" not null,
  warehouse_id uuid not null,
  quantity integer not null,
  -- How many of them were not there when they were promised.
  backordered integer not null default 0,
  constraint reservation_lines__primary_key primary key (reservation_id, sku, warehouse_id),
  constraint reservation_lines__quantity_range check (quantity between 1 and 1000000 and backordered between 0 and quantity)
);
