-- Drops the oldest whole day before $1 that holds nothing alive, and returns how many requests went;
-- null if there is none.
-- Called by: Storage/Purger, until there is none.
SELECT rekey.drop_partition($1::timestamptz) AS requests
