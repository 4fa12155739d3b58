-- For the overview of the console, which shows the contacts that were reported lately.
create index dnc_retraction_reported on dnc_retraction (settled_at) where state = 'reported';
