-- phase: expand
-- Counters of failed attempts, and the audit trail.

create table sign_in_attempts (
  -- Digest of the address that was tried, known or not, alone or with the caller's network address.
  key text constraint sign_in_attempts__primary_key primary key,
  failures double precision not null default 0,
  updated_at timestamptz not null default now(),
  locked_until timestamptz
);
create index sign_in_attempts__age on sign_in_attempts (updated_at);

create table auth_events (
  id uuid constraint auth_events__primary_key primary key,
  -- Null: nobody has the address that was tried.
  user_id uuid,
  kind text not null,
  outcome text not null,
  -- Who did it, when that was somebody else.
  actor text,
  address_digest text,
  created_at timestamptz not null default now()
);
create index auth_events__of_user on auth_events (user_id, created_at desc) where user_id is not null;
create index auth_events__age on auth_events (created_at);
