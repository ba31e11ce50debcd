-- The database's clock and encoding, before anything is known of the schema.
-- Called by: Storage/Database/DatabaseTime, Storage/Migrator.
SELECT clock_timestamp() AS now, current_setting('server_encoding') AS encoding
