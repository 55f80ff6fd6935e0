-- phase: expand
-- Public halves of the keys that sign access tokens: what every replica publishes. Private halves stay in their Secret.

create table signing_keys (
  kid text constraint signing_keys__primary_key primary key,
  public_jwk jsonb not null,
  published_at timestamptz not null default now(),
  -- When a replica last had the private half: afterwards the key is published until its last tokens have expired.
  seen_at timestamptz not null default now()
);
