-- phase: expand
-- Pictures of products. An item refers to an address elsewhere, or to a file that was uploaded.

create table media_files (
  id uuid constraint media_files__primary_key primary key,
  media_type text not null,
  bytes bytea not null,
  created_at timestamptz not null default now(),
  constraint media_files__type_known check (media_type in ('image/png', 'image/jpeg', 'image/webp', 'image/gif', 'image/avif')),
  constraint media_files__size check (octet_length(bytes) between 1 and 1048576)
);
-- Pictures are compressed already.
alter table media_files alter column bytes set storage external;
create index media_files__age on media_files (created_at);

create table media (
  product_id uuid not null constraint media__product_exists references products (id),
  position integer not null,
  url text,
  file_id uuid constraint media__file_exists references media_files (id),
  alt text not null,
  constraint media__primary_key primary key (product_id, position),
  constraint media__position_range check (position between 0 and 49),
  constraint media__one_source check (num_nonnulls(url, file_id) = 1),
  constraint media__url_length check (length(url) <= 2048),
  constraint media__alt_length check (length(alt) <= 300)
);
create index media__file on media (file_id) where file_id is not null;
