-- phase: expand
-- Whether a SKU can be bought, as the inventory tells. The count stays there. By SKU and not by variant: stock is kept by SKU, and may
-- be told of before the variant is there.

create table availability (
  sku text constraint availability__primary_key primary key,
  state text not null,
  -- Of the SKU in the inventory: an older event changes nothing.
  version bigint not null,
  constraint availability__state_known check (state in ('in-stock', 'low-stock', 'out-of-stock', 'backorder'))
);
