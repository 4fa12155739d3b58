-- For a lane's uploads in every state, which are read only to clear a list. Its first column is an
-- expression that no other index has. With the plain column, a server without statistics would
-- consider this index as good as the index of the open uploads. To find the next upload, it would
-- then read all uploads that a lane ever had.
drop index upload_lane_order;
create index upload_lane_order on upload ((lane_key || ''), accepted_seq);
