-- Makes the day partitions from today to $1 days ahead, and returns how many were missing.
-- Called by: Storage/Partitions (the worker's upkeep, and migrate).
SELECT rekey.make_partitions($1::int) AS made
