CREATE UNIQUE INDEX "outbox_once_a_lottery" ON "outbox" USING btree ("aggregate","type") WHERE "outbox"."type" like 'lottery.%';--> statement-breakpoint
CREATE INDEX "outbox_bans" ON "outbox" USING btree ("audit_index") WHERE "outbox"."type" = 'user.banned.v1';--> statement-breakpoint
-- The database refuses what may never happen, whoever asks for it: a bug of the service, or a hand in psql. Only the owner
-- of the tables can take these triggers away, and `npm run check:stored` finds what was changed meanwhile.

-- Refuses the statement. First argument: the sentence. Second argument, optional: the setting that allows a DELETE, for the
-- transaction that it is set in: `set local lottery.archiving = 'on'`. No trigger stands in the way of DETACH and DROP.
CREATE FUNCTION "refuse_change"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
	IF TG_OP = 'DELETE' AND TG_NARGS = 2 AND current_setting(TG_ARGV[1], true) = 'on' THEN RETURN OLD; END IF;
	RAISE EXCEPTION '%', TG_ARGV[0] USING ERRCODE = 'restrict_violation';
END
$$;
--> statement-breakpoint
CREATE FUNCTION "refuse_change_of_lottery"() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
	sealing boolean := OLD.status = 'open' AND NEW.status = 'sealed';
	closing boolean := OLD.status = 'sealed' AND NEW.status = 'closed';
	reason text;
BEGIN
	IF NEW.status < OLD.status THEN
		reason := format('its status never goes back from %s to %s', OLD.status, NEW.status);
	ELSIF OLD.status = 'open' AND NEW.status = 'closed' THEN
		reason := 'it is sealed before it is closed';
	ELSIF NEW.date <> OLD.date OR NEW.created_at <> OLD.created_at THEN
		reason := 'its date and the time of its creation never change';
	ELSIF (NEW.entropy_kind, NEW.entropy_source, NEW.entropy_round) IS DISTINCT FROM
		(OLD.entropy_kind, OLD.entropy_source, OLD.entropy_round) THEN
		reason := 'its entropy never changes';
	ELSIF OLD.status = 'open' AND NOT sealing THEN
		IF NEW.ballot_count < OLD.ballot_count THEN reason := 'its ballot count never decreases'; END IF;
	ELSIF (NEW.ballot_count, NEW.ledger_range) IS DISTINCT FROM (OLD.ballot_count, OLD.ledger_range) THEN
		reason := 'its ballots are sealed';
	ELSIF (NEW.reveal, NEW.winner_ordinal, NEW.winner_ballot_id, NEW.closed_at) IS DISTINCT FROM
		(OLD.reveal, OLD.winner_ordinal, OLD.winner_ballot_id, OLD.closed_at) AND NOT closing THEN
		reason := 'its result changes only when it is closed';
	ELSIF NEW.last_seq <> OLD.last_seq AND NOT sealing AND NOT closing THEN
		reason := format('it is %s', OLD.status);
	END IF;
	IF reason IS NULL THEN RETURN NEW; END IF;
	RAISE EXCEPTION 'the lottery of % is not changed: %', OLD.date, reason USING ERRCODE = 'restrict_violation';
END
$$;
--> statement-breakpoint
-- The condition spares the update of every batch of ballots the call of a function.
CREATE TRIGGER "lotteries_change" BEFORE UPDATE ON "lotteries" FOR EACH ROW
	WHEN (OLD.status <> 'open' OR NEW.status <> 'open' OR NEW.ballot_count < OLD.ballot_count OR
		(NEW.date, NEW.created_at, NEW.entropy_kind, NEW.entropy_source, NEW.entropy_round) IS DISTINCT FROM
		(OLD.date, OLD.created_at, OLD.entropy_kind, OLD.entropy_source, OLD.entropy_round))
	EXECUTE FUNCTION "refuse_change_of_lottery"();--> statement-breakpoint
CREATE TRIGGER "lotteries_stay" BEFORE DELETE OR TRUNCATE ON "lotteries"
	EXECUTE FUNCTION "refuse_change"('lotteries are never deleted');--> statement-breakpoint
CREATE TRIGGER "seals_stay" BEFORE UPDATE OR DELETE OR TRUNCATE ON "seals"
	EXECUTE FUNCTION "refuse_change"('seals never change and are never deleted');--> statement-breakpoint
CREATE TRIGGER "exclusions_stay" BEFORE UPDATE OR TRUNCATE ON "exclusions"
	EXECUTE FUNCTION "refuse_change"('exclusions never change');--> statement-breakpoint
CREATE TRIGGER "exclusions_kept" BEFORE DELETE ON "exclusions" FOR EACH ROW
	EXECUTE FUNCTION "refuse_change"('exclusions are deleted only with their archived lottery', 'lottery.archiving');--> statement-breakpoint
CREATE TRIGGER "ledger_subtrees_stay" BEFORE UPDATE OR TRUNCATE ON "ledger_subtrees"
	EXECUTE FUNCTION "refuse_change"('stored subtrees of ledgers never change');--> statement-breakpoint
CREATE TRIGGER "ledger_subtrees_kept" BEFORE DELETE ON "ledger_subtrees" FOR EACH ROW
	EXECUTE FUNCTION "refuse_change"('stored subtrees are deleted only with their archived lottery', 'lottery.archiving');--> statement-breakpoint
CREATE TRIGGER "entropy_secrets_stay" BEFORE UPDATE OR DELETE OR TRUNCATE ON "entropy_secrets"
	EXECUTE FUNCTION "refuse_change"('secrets of lotteries never change and are never deleted');--> statement-breakpoint
CREATE TRIGGER "ledger_key_stays" BEFORE UPDATE OR DELETE OR TRUNCATE ON "ledger_key"
	EXECUTE FUNCTION "refuse_change"('the ledger key never changes');--> statement-breakpoint
-- Once for each statement, with one read of the primary key for each lottery: the time is below what can be measured.
CREATE FUNCTION "refuse_late_ballots"() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
	day date;
BEGIN
	FOR day IN SELECT DISTINCT lottery_date FROM added LOOP
		IF EXISTS (SELECT FROM lotteries WHERE date = day AND status <> 'open') THEN
			RAISE EXCEPTION 'the lottery of % takes no ballots any more', day USING ERRCODE = 'restrict_violation';
		END IF;
	END LOOP;
	RETURN NULL;
END
$$;
--> statement-breakpoint
CREATE TRIGGER "ballots_in_time" AFTER INSERT ON "ballots" REFERENCING NEW TABLE AS added
	EXECUTE FUNCTION "refuse_late_ballots"();--> statement-breakpoint
-- PostgreSQL gives this trigger to each partition, also to later ones.
CREATE TRIGGER "ballots_stay" BEFORE UPDATE OR DELETE ON "ballots" FOR EACH ROW
	EXECUTE FUNCTION "refuse_change"('ballots never change and are never deleted');--> statement-breakpoint
CREATE TRIGGER "ballots_are_kept" BEFORE TRUNCATE ON "ballots"
	EXECUTE FUNCTION "refuse_change"('ballots never change and are never deleted');--> statement-breakpoint
DO $$
DECLARE
	partition regclass;
BEGIN
	FOR partition IN SELECT inhrelid::regclass FROM pg_inherits WHERE inhparent = 'ballots'::regclass LOOP
		EXECUTE format('CREATE TRIGGER ballots_are_kept BEFORE TRUNCATE ON %s EXECUTE FUNCTION refuse_change(%L)',
			partition, 'ballots never change and are never deleted');
	END LOOP;
END
$$;
--> statement-breakpoint
CREATE TRIGGER "outbox_stays" BEFORE DELETE OR TRUNCATE ON "outbox"
	EXECUTE FUNCTION "refuse_change"('events are never deleted');--> statement-breakpoint
CREATE TRIGGER "outbox_facts" BEFORE UPDATE OF "aggregate", "seq", "id", "position", "type", "data", "actor", "request_id", "occurred_at"
	ON "outbox" EXECUTE FUNCTION "refuse_change"('events never change, only their marks do');--> statement-breakpoint
CREATE TRIGGER "outbox_audit_index" BEFORE UPDATE OF "audit_index" ON "outbox" FOR EACH ROW
	WHEN (OLD.audit_index IS NOT NULL)
	EXECUTE FUNCTION "refuse_change"('an event keeps its place in the audit log');--> statement-breakpoint
CREATE TRIGGER "audit_log_stays" BEFORE UPDATE OR DELETE OR TRUNCATE ON "audit_log"
	EXECUTE FUNCTION "refuse_change"('entries of the audit log never change and are never deleted');--> statement-breakpoint
CREATE TRIGGER "audit_subtrees_stay" BEFORE UPDATE OR DELETE OR TRUNCATE ON "audit_subtrees"
	EXECUTE FUNCTION "refuse_change"('stored subtrees of the audit log never change');--> statement-breakpoint
CREATE TRIGGER "audit_head_grows" BEFORE UPDATE ON "audit_head" FOR EACH ROW WHEN (NEW.size <= OLD.size)
	EXECUTE FUNCTION "refuse_change"('the audit log only grows');--> statement-breakpoint
CREATE TRIGGER "audit_head_stays" BEFORE DELETE OR TRUNCATE ON "audit_head"
	EXECUTE FUNCTION "refuse_change"('the audit log only grows');--> statement-breakpoint
CREATE TRIGGER "cosigned_checkpoints_stay" BEFORE TRUNCATE ON "cosigned_checkpoints"
	EXECUTE FUNCTION "refuse_change"('cosigned checkpoints never change');--> statement-breakpoint
-- As before, and a new partition refuses TRUNCATE too. It runs as the owner of the tables, for a service whose own role may
-- create none.
CREATE OR REPLACE FUNCTION "ensure_ballots_partition"(day date) RETURNS void LANGUAGE plpgsql
SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
	first date := date_trunc('month', day)::date;
	partition text := to_char(first, '"ballots_"YYYY_MM');
BEGIN
	IF to_regclass(partition) IS NOT NULL THEN RETURN; END IF;
	LOCK TABLE ballots IN SHARE UPDATE EXCLUSIVE MODE; -- what ATTACH needs, and unlike an advisory lock it refreshes the catalog
	IF to_regclass(partition) IS NOT NULL THEN RETURN; END IF;
	EXECUTE format('CREATE TABLE public.%I (LIKE ballots INCLUDING ALL)', partition);
	EXECUTE format('CREATE TRIGGER ballots_are_kept BEFORE TRUNCATE ON public.%I EXECUTE FUNCTION refuse_change(%L)',
		partition, 'ballots never change and are never deleted');
	EXECUTE format('ALTER TABLE ballots ATTACH PARTITION public.%I FOR VALUES FROM (%L) TO (%L)',
		partition, first, (first + interval '1 month')::date);
END
$$;
--> statement-breakpoint
REVOKE EXECUTE ON FUNCTION "ensure_ballots_partition"(date) FROM PUBLIC;
