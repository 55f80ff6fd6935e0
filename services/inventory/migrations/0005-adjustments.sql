-- phase: expand
-- Batches of changes by people and other systems; the reference is the key of idempotency.

create table adjustments (
  reference text constraint adjustments__primary_key primary key,
  -- Digest of what was asked for: the same reference with other content is a mistake.
  fingerprint text not null,
  actor text not null,
  -- The answer, as it was given.
  result text not null,
  created_at timestamptz not null default now(),
  constraint adjustments__reference_length check (length(reference) between 1 and 128)
);
