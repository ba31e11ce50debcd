-- Locks a request, so that what waited for another consume is judged by the clock after the wait.
-- Called by: Storage/StoredTokens, after lock_accounts.
-- $1 id.
SELECT r.id FROM rekey.reset_request r WHERE r.id = $1::uuid FOR UPDATE
