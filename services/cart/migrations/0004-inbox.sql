-- phase: expand
-- Events that a consumer has handled, written in the transaction of their effect.

create table inbox (
  consumer text not null,
  event_id text not null,
  handled_at timestamptz not null default now(),
  constraint inbox__primary_key primary key (consumer, event_id)
) with (autovacuum_vacuum_scale_factor = 0.01, autovacuum_vacuum_insert_scale_factor = 0.01);
create index inbox__age on inbox (consumer, handled_at);
