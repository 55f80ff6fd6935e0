-- phase: expand
-- Counts what changes how a product is shown without changing the product: its availability. Part of the ETag, not of the version.

alter table products add column shown_revision integer not null default 0;
