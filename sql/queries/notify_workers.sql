-- Tells separate workers that messages are due. A hint only: polling is the truth.
-- Called by: Storage/Database/WorkerHint, after the commit and coalesced: inside the insert's transaction it
-- would take a lock that ends group commit.
SELECT pg_notify('rekey_outbox', '') IS NULL AS sent
