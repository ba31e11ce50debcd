-- How many pages a table of the schema has.
-- Called by: Storage/Purger.
-- $1 table.
SELECT (pg_relation_size(format('rekey.%I', $1::text)::regclass) / current_setting('block_size')::int)::int AS pages
