-- phase: expand
-- Imports: the job, and its rows as they were sent. What happened to a row is written in the transaction in which it happened.

create table import_jobs (
  id uuid constraint import_jobs__primary_key primary key,
  is_dry_run boolean not null,
  -- receiving: more is to come; queued: complete; running: some rows are done; done.
  state text not null default 'receiving',
  rows_received integer not null default 0,
  rows_created integer not null default 0,
  rows_updated integer not null default 0,
  rows_failed integer not null default 0,
  created_by text,
  created_at timestamptz not null default now(),
  finished_at timestamptz,
  constraint import_jobs__state_known check (state in ('receiving', 'queued', 'running', 'done'))
);
create index import_jobs__to_do on import_jobs (created_at) where state in ('queued', 'running');
create index import_jobs__age on import_jobs (created_at);

create table import_rows (
  job_id uuid not null constraint import_rows__job_exists references import_jobs (id) on delete cascade,
  row_number integer not null,
  -- Null: could not be read; the reason is in errors.
  content jsonb,
  state text not null default 'waiting',
  product_id uuid,
  errors jsonb,
  constraint import_rows__primary_key primary key (job_id, row_number),
  constraint import_rows__state_known check (state in ('waiting', 'created', 'updated', 'failed'))
);
create index import_rows__to_do on import_rows (job_id, row_number) where state = 'waiting';
create index import_rows__failed on import_rows (job_id, row_number) where state = 'failed';
