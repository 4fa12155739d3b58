-- Whether the submission has the option override: its entries replace earlier ones, even stronger
-- or longer ones.
alter table dnc_submission add column overrides boolean not null default false;
-- For removals, and for submissions with override: the next chunk to process. The earlier entries
-- of its people must end. null: no chunk is left.
alter table dnc_submission add column closes_from int;
-- For nextClosing(): these submissions are few compared with all others.
create index dnc_submission_closing on dnc_submission (dnc_list_id, number) where closes_from is not null;
