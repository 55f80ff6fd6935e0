-- phase: expand
-- More than one variant per product: the columns of a variant, and the names of the options that tell a product's variants apart.

alter table products
  add column option_names text[] not null default '{}',
  add constraint products__option_names_count check (cardinality(option_names) <= 5) not valid;
alter table products validate constraint products__option_names_count;

alter table variants
  add column barcode text,
  add column weight_grams integer,
  add constraint variants__barcode_format check (barcode ~ '^[A-Za-z0-9-]{1,64}$') not valid,
  add constraint variants__weight_range check (weight_grams between 0 and 10000000) not valid,
  -- Removed variants keep a position, so numbers go on.
  drop constraint variants__position_range,
  add constraint variants__position_range check (position between 0 and 1000000) not valid;
alter table variants validate constraint variants__barcode_format;
alter table variants validate constraint variants__weight_range;
alter table variants validate constraint variants__position_range;

-- Each variant names every option of its product and no other. Checked at the end of the transaction: names and variants change
-- together. Writers of one product take turns at its row, so what is read here stays so until the commit.
-- Plans may be as old as the connection, from when the tables were nearly empty, and must not read them as a whole: each row is looked
-- up by its primary key and nothing else, so that no other index can seem as good.
create function variants_options_changed() returns trigger language plpgsql set enable_seqscan = off as $$
declare
  product record;
  -- As it is now: it may have been changed again since.
  present record;
begin
  select option_names, deleted_at into product from products where id = new.product_id;
  select options, deleted_at into present from variants where id = new.id;
  if product.deleted_at is null and present.deleted_at is null
    and array(select name from jsonb_object_keys(present.options) as name order by name)
      <> array(select name from unnest(product.option_names) as name order by name)
  then
    raise exception 'a variant does not name the options of its product'
      using errcode = 'check_violation', constraint = 'variants__options_complete';
  end if;
  return null;
end $$;
create constraint trigger variants__options_complete after insert or update of options, deleted_at on variants
  deferrable initially deferred for each row execute function variants_options_changed();

create function products_options_changed() returns trigger language plpgsql set jit = off as $$
begin
  if exists (
    select from products p join variants v on v.product_id = p.id
    where p.id = new.id and p.deleted_at is null and v.deleted_at is null
      and (select coalesce(array_agg(name order by name), '{}') from jsonb_object_keys(v.options) as name)
        <> (select coalesce(array_agg(name order by name), '{}') from unnest(p.option_names) as name)
  ) then
    raise exception 'a variant does not name the options of its product'
      using errcode = 'check_violation', constraint = 'variants__options_complete';
  end if;
  return null;
end $$;
create constraint trigger products__options_complete after update of option_names on products
  deferrable initially deferred for each row when (old.option_names is distinct from new.option_names)
  execute function products_options_changed();
