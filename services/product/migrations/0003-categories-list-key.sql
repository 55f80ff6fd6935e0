-- phase: expand
-- Sort key of the list of categories: level by level, so that a parent comes before its children; then by position and name.
-- One text instead of three columns: a page's cursor is then a key and an id, as it is for products.

alter table categories add column list_key text collate "C" not null generated always as (
  lpad(cardinality(path)::text, 2, '0') || lpad((position::bigint + 2147483648)::text, 10, '0') || lower(name)
) stored;
create index categories__list on categories (list_key, id);
create index categories__list_of_parent on categories (parent_id, list_key, id);
