-- phase: expand
-- A session is a family of refresh tokens: each is used once for the next one. Tokens are stored as digests only.

create table sessions (
  id uuid constraint sessions__primary_key primary key,
  user_id uuid not null constraint sessions__user_exists references users (id),
  -- How the person proved who it is (RFC 8176), for ever in this session: a second factor will be one more.
  methods text[] not null default '{pwd}',
  user_agent text,
  -- Keyed digest: addresses can be compared, not read.
  address_digest text,
  created_at timestamptz not null default now(),
  last_used_at timestamptz not null default now(),
  -- The hard end, however often tokens are renewed.
  expires_at timestamptz not null,
  ended_at timestamptz,
  end_reason text,
  constraint sessions__end_has_reason check ((ended_at is null) = (end_reason is null))
);
create index sessions__of_user on sessions (user_id, id) where ended_at is null;
create index sessions__expiry on sessions (expires_at);

create table refresh_tokens (
  token_hash bytea constraint refresh_tokens__primary_key primary key,
  session_id uuid not null constraint refresh_tokens__session_exists references sessions (id) on delete cascade,
  created_at timestamptz not null default now(),
  expires_at timestamptz not null,
  used_at timestamptz
);
create index refresh_tokens__of_session on refresh_tokens (session_id);
