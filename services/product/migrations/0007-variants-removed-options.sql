-- phase: expand
-- transaction: none
-- Counted removed variants, whose options are free again; no code refers to it.
drop index concurrently if exists variants__options_unique;
