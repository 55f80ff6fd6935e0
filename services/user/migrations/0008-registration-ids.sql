-- phase: expand
-- The account gets the id that its registration was announced under: all events about a person have one key, and so one order,
-- and erasure finds them. Null in registrations of the version before.

alter table registrations add column id uuid;
