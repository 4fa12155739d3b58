-- For page(): what an edition found, in the order in which it was found.
create index dnc_retraction_of_edition on dnc_retraction (edition, number) where edition is not null;
