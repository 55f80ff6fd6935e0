-- phase: expand
-- The ledger: every change of a counter, with its reason. The counters are the sums of it.

create table stock_movements (
  -- Given while the level is locked: within a level the order of commits.
  id bigint generated always as identity constraint stock_movements__primary_key primary key,
  sku text collate "C" not null,
  warehouse_id uuid not null,
  on_hand_delta integer not null default 0,
  reserved_delta integer not null default 0,
  backordered_delta integer not null default 0,
  reason text not null,
  -- Id of the reservation, or reference of the adjustment.
  reference text not null,
  -- Who did it: a person's id or a service's name.
  actor text not null,
  created_at timestamptz not null default now(),
  constraint stock_movements__reason_known check (reason in ('reserved', 'confirmed', 'released', 'expired',
    'received', 'returned', 'damaged', 'lost', 'found', 'corrected', 'counted'))
);
create index stock_movements__level on stock_movements (sku, warehouse_id, id)
  include (on_hand_delta, reserved_delta, backordered_delta);
create index stock_movements__reference on stock_movements (reference, id);

create function stock_movements_append_only() returns trigger language plpgsql as $$
begin
  raise exception 'stock_movements is append-only: write a movement that corrects the other'
    using constraint = 'stock_movements__append_only', errcode = 'integrity_constraint_violation';
end
$$;
create trigger stock_movements__append_only before update or delete or truncate on stock_movements
  for each statement execute function stock_movements_append_only();

-- Sums of the ledger up to a movement, so that the verifier need not read it from its beginning each time.
create table stock_checkpoints (
  sku text collate "C" not null,
  warehouse_id uuid not null,
  movement_id bigint not null,
  on_hand bigint not null,
  reserved bigint not null,
  backordered bigint not null,
  constraint stock_checkpoints__primary_key primary key (sku, warehouse_id)
);
