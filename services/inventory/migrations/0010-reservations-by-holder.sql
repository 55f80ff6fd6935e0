-- phase: expand
-- transaction: none
-- What one holder has now: few, however many reservations there have been.
create index concurrently if not exists reservations__by_holder on reservations (holder_id) where status = 'active' and holder_id is not null;
