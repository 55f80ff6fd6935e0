-- phase: expand
-- Events that wait to be published, written in the transaction of the change that they tell of. Names follow Debezium's outbox
-- where it has them (type, payload), so that change data capture could take the relay's place.

create table outbox (
  -- The order of publication within a key. Not of commits in general: see docs/adr/0017-outbox.md.
  id bigint generated always as identity constraint outbox__primary_key primary key,
  event_id uuid not null,
  topic text not null,
  key text not null,
  type text not null,
  headers jsonb not null,
  -- Text and not jsonb: the bytes are those of the record.
  payload text not null,
  created_at timestamptz not null default now(),
  published_at timestamptz
) with (autovacuum_vacuum_scale_factor = 0.01, autovacuum_vacuum_insert_scale_factor = 0.01);
-- What is left to do: nearly empty, however many published events are still kept.
create index outbox__unpublished on outbox (topic, id) where published_at is null;
create index outbox__published on outbox (published_at) where published_at is not null;
