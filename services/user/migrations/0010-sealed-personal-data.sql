-- phase: expand
-- What is known about a person is sealed in one value per row; see docs/adr/0023-personal-data.md. An e-mail key is from now on a keyed
-- digest of the folded spelling. Rows of before have no sealed value: the service reads them, and seals them one batch after the other.

alter table users add column sealed bytea;
-- Between the two a row has neither: the columns of a row that was just sealed are emptied by a statement of their own.
alter table users drop constraint users__erased_is_empty;
alter table users add constraint users__erased_is_empty check (
  case when status = 'erased'
    then sealed is null and email is null and email_key is null and password_hash is null and phone is null
      and given_name = '' and family_name = '' and erased_at is not null
    else email_key is not null and password_hash is not null
  end
) not valid;

alter table registrations add column sealed bytea;
alter table registrations alter column email drop not null;
alter table registrations alter column given_name drop not null;
alter table registrations alter column family_name drop not null;
-- The first 6 bytes are the id of the key.
create index registrations__sealing_key on registrations (substring(sealed from 1 for 6), id);

alter table addresses add column sealed bytea;
alter table addresses alter column recipient drop not null;
alter table addresses alter column line1 drop not null;
alter table addresses alter column city drop not null;
