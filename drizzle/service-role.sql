-- What the service's own role may do, and no more. `npm run db:migrate -- --grant ROLE` runs this file after the migrations,
-- with ROLE in the place of :role. It can be run again, and is run again after each new version.
GRANT USAGE ON SCHEMA public, drizzle TO :role;
GRANT SELECT ON drizzle.__drizzle_migrations TO :role; -- to see at the start that no migration is missing

GRANT SELECT, INSERT, UPDATE ON users, lotteries, audit_head TO :role;
GRANT SELECT, INSERT ON ballots, seals, exclusions, entropy_secrets, ledger_subtrees TO :role;
GRANT SELECT, INSERT ON audit_log, audit_subtrees, cosigned_checkpoints, ledger_key TO :role;
GRANT SELECT, INSERT, UPDATE (audit_index, published_at, attempts, retry_at) ON outbox TO :role;
GRANT SELECT, INSERT, UPDATE, DELETE ON relay_lease, witness_lease TO :role;
GRANT SELECT, INSERT, UPDATE ON archives TO :role;
GRANT SELECT, INSERT ON kept_ballots TO :role;
GRANT SELECT, INSERT, DELETE ON users_to_forget TO :role;
GRANT UPDATE (user_id, user_salt, user_commit) ON ballots TO :role; -- a trigger refuses all but the forgetting of a user
GRANT DELETE ON outbox TO :role; -- a trigger refuses all but the pruning of published events in the audit log
GRANT SELECT, INSERT, UPDATE ON outbox_horizon TO :role;
GRANT SELECT ON recorded_events, prunable_entries TO :role;
GRANT SELECT ON service_secrets TO :role;
GRANT SELECT, INSERT, UPDATE, DELETE ON webhooks, webhook_deliveries TO :role;
GRANT SELECT, INSERT ON webhook_secrets TO :role;
GRANT EXECUTE ON FUNCTION ensure_month(date), ensure_audit_log(bigint) TO :role; -- run as the owner
