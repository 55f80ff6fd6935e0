-- phase: expand
-- transaction: none
-- The option matrix: no two variants of a product that are there have the same options.
create unique index concurrently if not exists variants__options_taken on variants (product_id, options) where deleted_at is null;
