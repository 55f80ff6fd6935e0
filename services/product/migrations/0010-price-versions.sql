-- phase: expand
-- A price has a version that is another one after every change of its amounts: whoever kept the price asks whether it still is this
-- one. Numbers are never used twice, so a price that was removed and came back is told from the old one.

create sequence price_version;
alter table prices
  add column version bigint,
  -- While a timed price is in force: which, and the regular price that comes back after it.
  add column timed_id uuid,
  add column regular_amount_minor bigint,
  add column regular_compare_at_minor bigint,
  add constraint prices__regular_known check ((timed_id is null) = (regular_amount_minor is null)) not valid;
alter table prices alter column version set default nextval('price_version');
update prices set version = nextval('price_version') where version is null;
alter table prices add constraint prices__version_known check (version is not null) not valid;
alter table prices validate constraint prices__version_known;
alter table prices validate constraint prices__regular_known;
alter table prices alter column version set not null;
alter table prices drop constraint prices__version_known;

create function prices_next_version() returns trigger language plpgsql as $$
begin
  new.version := nextval('price_version');
  return new;
end $$;
create trigger prices__next_version before update on prices for each row
  when ((old.amount_minor, old.compare_at_minor) is distinct from (new.amount_minor, new.compare_at_minor))
  execute function prices_next_version();
