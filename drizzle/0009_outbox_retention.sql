CREATE TABLE "outbox_horizon" (
	"only" boolean PRIMARY KEY DEFAULT true NOT NULL,
	"pruned_before" timestamp (3) with time zone NOT NULL,
	CONSTRAINT "outbox_horizon_only" CHECK ("outbox_horizon"."only")
);
--> statement-breakpoint
-- Entries of the audit log whose events may be pruned from the outbox. The others are looked up there: bans by a seal, all
-- events of a lottery until it is closed, and the first use of the ledger key. OFFSET 0: each text is parsed once. A text that
-- is no event gives nulls and not an error, so that a check can report it.
CREATE VIEW "prunable_entries" AS
	SELECT entry.index, entry.id, entry.aggregate, entry.type, document.event,
		CASE WHEN document.event ->> 'seq' ~ '^[0-9]{1,15}$' THEN (document.event ->> 'seq')::bigint END AS seq,
		(jsonb_path_query_first(document.event, '$.occurred_at.datetime("YYYY-MM-DD\"T\"HH24:MI:SS.MS\"Z\"")', '{}', true) #>> '{}')::timestamp
			AT TIME ZONE 'UTC' AS occurred_at
	FROM "audit_log" entry CROSS JOIN LATERAL (SELECT entry.event::jsonb OFFSET 0) document (event)
	WHERE entry.type NOT IN ('user.banned.v1', 'user.unbanned.v1', 'ledger.key_used.v1')
		AND (entry.aggregate NOT LIKE 'lottery/%' OR EXISTS (
			SELECT FROM "audit_log" closed WHERE closed.aggregate = entry.aggregate AND closed.type = 'lottery.closed.v1'));--> statement-breakpoint
-- All recorded events. An event is read from the audit log only if it is older than the horizon, may be pruned, and has left
-- no trace in the outbox. Before anything is pruned, the first condition spares the reads of the audit log. OFFSET 0: these
-- are reads of an index for each entry, whatever the size of the outbox.
CREATE VIEW "recorded_events" AS
	SELECT aggregate, seq, id, type, data, actor, request_id, occurred_at, audit_index FROM "outbox"
	UNION ALL
	SELECT aggregate, seq, id, type, event -> 'data', event ->> 'actor', event ->> 'request_id', occurred_at, index
	FROM "prunable_entries" entry
	WHERE EXISTS (SELECT FROM "outbox_horizon")
		AND occurred_at < (SELECT pruned_before FROM "outbox_horizon") AND jsonb_typeof(event -> 'data') = 'object'
		AND NOT EXISTS (SELECT FROM "outbox" WHERE audit_index = entry.index OFFSET 0)
		AND NOT EXISTS (SELECT FROM "outbox" WHERE id = entry.id OFFSET 0);--> statement-breakpoint
DROP TRIGGER "outbox_stays" ON "outbox";--> statement-breakpoint
CREATE TRIGGER "outbox_stays" BEFORE TRUNCATE ON "outbox"
	EXECUTE FUNCTION "refuse_change"('events are never deleted');--> statement-breakpoint
CREATE TRIGGER "outbox_kept" BEFORE DELETE ON "outbox" FOR EACH ROW
	WHEN (OLD.audit_index IS NULL OR OLD.published_at IS NULL)
	EXECUTE FUNCTION "refuse_change"('events are never deleted before they are published and in the audit log');--> statement-breakpoint
CREATE TRIGGER "outbox_pruned" BEFORE DELETE ON "outbox" FOR EACH ROW
	EXECUTE FUNCTION "refuse_change"('events are never deleted, except when old ones are pruned', 'lottery.pruning');
