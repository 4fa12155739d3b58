-- With the option override: the entries take the place of what stood, also where that was stronger or longer.
alter table dnc_submission add column overrides boolean not null default false;
-- A removal, and entries with override, end what stood before them chunk by chunk: the next chunk to do so. Null: none is left.
alter table dnc_submission add column closes_from int;
-- nextClosing(): few beside all others.
create index dnc_submission_closing on dnc_submission (dnc_list_id, number) where closes_from is not null;
