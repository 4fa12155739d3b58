-- For the evidence about a person: the erasures of that person. Ended erasures are kept forever.
create index erasure_of_subject on erasure (subject_digest);
