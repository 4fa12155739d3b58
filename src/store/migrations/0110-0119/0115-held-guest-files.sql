-- For the gauge of held files, which every scrape reads. Usually no file is held.
create index guest_file_held on guest_file (held_since) where state = 'held';
