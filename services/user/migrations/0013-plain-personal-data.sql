-- phase: contract
-- Nothing of a person is left outside of the sealed values. The code of the release that brings this names none of these columns.

delete from registrations where sealed is null and expires_at < now();
do $$
declare
  remaining bigint;
begin
  select (select count(*) from users where sealed is null and status <> 'erased')
    + (select count(*) from registrations where sealed is null) + (select count(*) from addresses where sealed is null)
    into remaining;
  if remaining > 0 then
    raise exception '% rows of users, registrations and addresses are not sealed yet', remaining
      using hint = 'The running service seals them: repeat this when personal_data_outdated_rows is 0.';
  end if;
end
$$;

alter table users drop constraint users__erased_is_empty;
alter table users drop column email, drop column given_name, drop column family_name, drop column phone;
-- An erased account holds nothing of a person, and every other one can be signed in to.
alter table users add constraint users__erased_is_empty check (
  case when status = 'erased'
    then sealed is null and email_key is null and password_hash is null and erased_at is not null
    else sealed is not null and email_key is not null and password_hash is not null
  end
);
alter table registrations alter column sealed set not null, alter column id set not null,
  drop column email, drop column given_name, drop column family_name;
alter table addresses alter column sealed set not null, drop column recipient, drop column company, drop column line1,
  drop column line2, drop column city, drop column region, drop column postal_code, drop column phone;
