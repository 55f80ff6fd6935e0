-- phase: expand
-- Slugs that products had: their addresses lead to the present ones. Kept by triggers, so that a process of the release before
-- writes it as well.

create table slug_history (
  slug text constraint slug_history__primary_key primary key,
  product_id uuid not null constraint slug_history__product_exists references products (id),
  replaced_at timestamptz not null default now()
);
create index slug_history__product on slug_history (product_id);

create function products_keep_slug() returns trigger language plpgsql as $$
begin
  -- Who uses a slug now has it alone.
  delete from slug_history where slug = new.slug;
  if tg_op = 'UPDATE' then
    insert into slug_history (slug, product_id) values (old.slug, old.id)
    on conflict (slug) do update set product_id = excluded.product_id, replaced_at = now();
  end if;
  return null;
end $$;
create trigger products__slug_added after insert on products for each row execute function products_keep_slug();
create trigger products__slug_changed after update of slug on products for each row when (old.slug <> new.slug)
  execute function products_keep_slug();
