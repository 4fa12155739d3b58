-- Of a lane's uploads in every state. Only who clears a list asks for these: as an expression that nothing else has, for a server that knows nothing of
-- the table yet took this index for as good as that of the open ones, and read all uploads that a lane ever had to find the next.
drop index upload_lane_order;
create index upload_lane_order on upload ((lane_key || ''), accepted_seq);
