-- phase: migrate
-- The default variant of a product has the product's id: whoever knows a product by its id can name a variant. Ids of variants were
-- not shown by any operation before.

alter table prices drop constraint prices__variant_exists;
alter table prices add constraint prices__variant_exists foreign key (variant_id) references variants (id) on update cascade not valid;
alter table prices validate constraint prices__variant_exists;
update variants set id = product_id where position = 0 and id <> product_id;
