-- Evidence about a person: their erasures. Receipts are kept for ever.
create index erasure_of_subject on erasure (subject_digest);
