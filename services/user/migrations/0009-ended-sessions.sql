-- phase: expand
-- transaction: none
-- The gateway asks every few seconds which sessions have ended since: their access tokens are refused from then on.
create index concurrently if not exists sessions__ended on sessions (ended_at, id) where ended_at is not null;
