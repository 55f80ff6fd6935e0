-- phase: expand
-- transaction: none
-- The staff's page of drafts: few among many, which were looked for by reading all products.
create index concurrently if not exists products__by_status on products (status, id) where deleted_at is null;
