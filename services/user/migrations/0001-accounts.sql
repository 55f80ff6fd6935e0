-- phase: expand
-- Accounts, registrations that wait for their verification, and tokens that are good for one use.
-- Constraints are named table__rule: the code maps refusals by name.

create table users (
  id uuid constraint users__primary_key primary key,
  email text,
  -- What an address is looked up by: folded spelling.
  email_key text,
  password_hash text,
  given_name text not null default '',
  family_name text not null default '',
  phone text,
  locale text not null default 'en',
  roles text[] not null default '{customer}',
  status text not null default 'active',
  email_verified_at timestamptz,
  version integer not null default 1,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  erased_at timestamptz,
  constraint users__status_known check (status in ('active', 'locked', 'erased')),
  constraint users__roles_known check (roles <@ array['customer', 'support', 'catalog-manager', 'warehouse', 'admin']),
  constraint users__email_length check (length(email) <= 254),
  constraint users__names_length check (length(given_name) <= 100 and length(family_name) <= 100),
  -- An erased account holds nothing of a person, and every other one can be signed in to.
  constraint users__erased_is_empty check (
    case when status = 'erased'
      then email is null and email_key is null and password_hash is null and phone is null
        and given_name = '' and family_name = '' and erased_at is not null
      else email is not null and email_key is not null and password_hash is not null
    end
  )
);
create unique index users__email_unique on users (email_key);
create index users__status on users (status, id);

-- A registration is no account yet: what it says, the password included, becomes one only for whoever reads the mailbox.
-- So nobody can prepare an account for somebody else's address and wait for its owner to verify it.
create table registrations (
  token_hash bytea constraint registrations__primary_key primary key,
  email text not null,
  email_key text not null,
  password_hash text not null,
  given_name text not null,
  family_name text not null,
  locale text not null,
  created_at timestamptz not null default now(),
  sent_at timestamptz not null default now(),
  expires_at timestamptz not null
);
create index registrations__email on registrations (email_key, sent_at desc);
create index registrations__expiry on registrations (expires_at);

create table one_time_tokens (
  token_hash bytea constraint one_time_tokens__primary_key primary key,
  kind text not null,
  user_id uuid not null constraint one_time_tokens__user_exists references users (id),
  created_at timestamptz not null default now(),
  expires_at timestamptz not null,
  used_at timestamptz,
  constraint one_time_tokens__kind_known check (kind in ('reset-password'))
);
create index one_time_tokens__user on one_time_tokens (user_id, kind, created_at desc);
create index one_time_tokens__expiry on one_time_tokens (expires_at);
