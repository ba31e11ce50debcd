-- Whether this role owns the schema, and so may do more than a running service needs.
-- Called by: Storage/Database/DatabaseReadiness, at the start.
SELECT coalesce(bool_or(pg_has_role(n.nspowner, 'USAGE')), false) AS is_owner
FROM pg_catalog.pg_namespace n WHERE n.nspname = 'rekey'
