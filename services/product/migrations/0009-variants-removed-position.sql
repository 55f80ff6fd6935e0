-- phase: expand
-- transaction: none
-- Counted removed variants; no code refers to it. `variants__position_taken` serves reading.
drop index concurrently if exists variants__position_unique;
