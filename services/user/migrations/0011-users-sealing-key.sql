-- phase: expand
-- transaction: none
-- Finds what is sealed with an older key, or not yet. The first 6 bytes are the id of the key.
create index concurrently if not exists users__sealing_key on users (substring(sealed from 1 for 6), id) where status <> 'erased';
