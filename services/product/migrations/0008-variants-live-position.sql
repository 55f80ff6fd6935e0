-- phase: expand
-- transaction: none
-- Only variants that are there have a place among the others.
create unique index concurrently if not exists variants__position_taken on variants (product_id, position) where deleted_at is null;
