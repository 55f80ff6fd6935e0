-- phase: expand
-- Replies to requests that carried an Idempotency-Key.

create table idempotency_keys (
  scope text not null,
  key text not null,
  fingerprint text not null,
  token uuid not null,
  locked_until timestamptz,
  status integer,
  headers jsonb,
  body text,
  created_at timestamptz not null default now(),
  constraint idempotency_keys__primary_key primary key (scope, key)
);
create index idempotency_keys__age on idempotency_keys (created_at);
