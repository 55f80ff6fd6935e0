-- phase: expand
-- For whom stock is held, where the caller says so: nobody holds more than some reservations at once.

alter table reservations add column holder_id uuid;

-- Counts what each holder has, while nobody else counts or adds for the same holder: locked until the transaction ends. A plain query would
-- count what was there when its statement began, before it waited for the lock; in a volatile function each statement looks anew.
create function reservations_held_by(holders uuid[]) returns table (holder uuid, active integer) language plpgsql volatile as $$
begin
  -- In their order, so that two transactions do not wait for each other.
  perform pg_advisory_xact_lock(hashtextextended('reservations of ' || sorted.id, 0))
    from (select distinct unnest(holders) as id order by 1) as sorted;
  -- One by one, so that the index is used also while the planner takes the table for empty.
  return query select one.id,
    (select count(*)::integer from reservations r
     where r.holder_id = one.id and r.status = 'active' and r.expires_at > clock_timestamp())
    from unnest(holders) as one (id);
end
$$;
