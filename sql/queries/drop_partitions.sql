-- Drops the whole days before $1 that hold nothing alive, and returns how many requests went.
-- Called by: Storage/Purger.
SELECT rekey.drop_partitions($1::timestamptz) AS requests
