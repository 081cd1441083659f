-- Makes a table of the same columns, checks and indexes, for one month of a table that is partitioned by month. It runs as the
-- owner of the tables, for a service whose own role may create none.
CREATE FUNCTION "make_month"(parent regclass, first date) RETURNS text LANGUAGE plpgsql
SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
	name text := format('%s_%s', parent, to_char(first, 'YYYY_MM'));
BEGIN
	EXECUTE format('CREATE TABLE public.%I (LIKE %s INCLUDING ALL)', name, parent);
	EXECUTE format('CREATE TRIGGER %I BEFORE TRUNCATE ON public.%I EXECUTE FUNCTION refuse_change(%L)', parent || '_are_kept', name,
		CASE parent WHEN 'ballots'::regclass THEN 'ballots never change and are never deleted' ELSE 'stored subtrees of ledgers never change' END);
	RETURN name;
END
$$;
--> statement-breakpoint
-- Makes sure that ballots and stored subtrees of this day have their partitions, one for each month. A partition is filled in
-- beside the parent and then attached, which, unlike CREATE TABLE ... PARTITION OF, lets inserts into other months go on meanwhile.
CREATE FUNCTION "ensure_month"(day date) RETURNS void LANGUAGE plpgsql
SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
	first date := date_trunc('month', day)::date;
	suffix text := to_char(first, '_YYYY_MM');
	parent regclass;
BEGIN
	IF EXISTS (SELECT FROM archives WHERE month = to_char(first, 'YYYY-MM') AND state IN ('detached', 'dropped')) THEN
		RAISE EXCEPTION 'the month % is archived and takes no rows', to_char(first, 'YYYY-MM') USING ERRCODE = 'restrict_violation';
	END IF;
	IF to_regclass('ballots' || suffix) IS NOT NULL AND to_regclass('ledger_subtrees' || suffix) IS NOT NULL THEN RETURN; END IF;
	LOCK TABLE ballots, ledger_subtrees IN SHARE UPDATE EXCLUSIVE MODE; -- what ATTACH needs, and unlike an advisory lock it refreshes the catalog
	FOREACH parent IN ARRAY ARRAY['ballots', 'ledger_subtrees']::regclass[] LOOP
		IF to_regclass(parent || suffix) IS NOT NULL THEN CONTINUE; END IF;
		EXECUTE format('ALTER TABLE %s ATTACH PARTITION public.%I FOR VALUES FROM (%L) TO (%L)',
			parent, make_month(parent, first), first, (first + interval '1 month')::date);
	END LOOP;
END
$$;
--> statement-breakpoint
DROP FUNCTION "ensure_ballots_partition"(date);--> statement-breakpoint
REVOKE EXECUTE ON FUNCTION "make_month"(regclass, date), "ensure_month"(date) FROM PUBLIC;--> statement-breakpoint
ALTER TABLE "ledger_subtrees" RENAME TO "ledger_subtrees_before";--> statement-breakpoint
ALTER TABLE "ledger_subtrees_before" RENAME CONSTRAINT "ledger_subtrees_lottery_date_level_index_pk" TO "ledger_subtrees_before_pk";--> statement-breakpoint
CREATE TABLE "ledger_subtrees" (
	"lottery_date" date NOT NULL,
	"level" smallint NOT NULL,
	"index" bigint NOT NULL,
	"hash" "bytea" NOT NULL,
	CONSTRAINT "ledger_subtrees_lottery_date_level_index_pk" PRIMARY KEY("lottery_date","level","index")
) PARTITION BY RANGE ("lottery_date");--> statement-breakpoint
SELECT ensure_month(date) FROM (SELECT DISTINCT date_trunc('month', date)::date AS date FROM lotteries) months;--> statement-breakpoint
INSERT INTO "ledger_subtrees" SELECT * FROM "ledger_subtrees_before";--> statement-breakpoint
DROP TABLE "ledger_subtrees_before";--> statement-breakpoint
-- PostgreSQL gives the triggers of rows to each partition, also to later ones.
CREATE TRIGGER "ledger_subtrees_stay" BEFORE UPDATE ON "ledger_subtrees" FOR EACH ROW
	EXECUTE FUNCTION "refuse_change"('stored subtrees of ledgers never change');--> statement-breakpoint
CREATE TRIGGER "ledger_subtrees_kept" BEFORE DELETE ON "ledger_subtrees" FOR EACH ROW
	EXECUTE FUNCTION "refuse_change"('stored subtrees are deleted only with their archived lottery', 'lottery.archiving');--> statement-breakpoint
CREATE TRIGGER "ledger_subtrees_are_kept" BEFORE TRUNCATE ON "ledger_subtrees"
	EXECUTE FUNCTION "refuse_change"('stored subtrees of ledgers never change');--> statement-breakpoint
-- The audit log in partitions of a million entries. It is never archived and never dropped: everything else is checked against it.
-- A unique index of a partitioned table must hold the index of the entry, so the event's id is unique in "outbox" alone.
ALTER TABLE "audit_log" RENAME TO "audit_log_before";--> statement-breakpoint
ALTER TABLE "audit_log_before" RENAME CONSTRAINT "audit_log_pkey" TO "audit_log_before_pkey";--> statement-breakpoint
DROP INDEX "audit_log_id", "audit_log_aggregate", "audit_log_type";--> statement-breakpoint
CREATE TABLE "audit_log" (
	"index" bigint PRIMARY KEY NOT NULL,
	"event" text NOT NULL,
	"id" uuid GENERATED ALWAYS AS (((event::jsonb ->> 'id')::uuid)) STORED NOT NULL,
	"aggregate" text GENERATED ALWAYS AS ((event::jsonb ->> 'aggregate')) STORED NOT NULL,
	"type" text GENERATED ALWAYS AS ((event::jsonb ->> 'type')) STORED NOT NULL
) PARTITION BY RANGE ("index");--> statement-breakpoint
CREATE INDEX "audit_log_id" ON "audit_log" USING btree ("id");--> statement-breakpoint
CREATE INDEX "audit_log_aggregate" ON "audit_log" USING btree ("aggregate","index");--> statement-breakpoint
CREATE INDEX "audit_log_type" ON "audit_log" USING btree ("type","index");--> statement-breakpoint
CREATE TRIGGER "audit_log_stays" BEFORE UPDATE OR DELETE ON "audit_log" FOR EACH ROW
	EXECUTE FUNCTION "refuse_change"('entries of the audit log never change and are never deleted');--> statement-breakpoint
CREATE TRIGGER "audit_log_is_kept" BEFORE TRUNCATE ON "audit_log"
	EXECUTE FUNCTION "refuse_change"('entries of the audit log never change and are never deleted');--> statement-breakpoint
-- Makes sure that the entry of this index has its partition.
CREATE FUNCTION "ensure_audit_log"(entry bigint) RETURNS void LANGUAGE plpgsql
SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
	million bigint := entry / 1000000;
	partition text := format('audit_log_%s', million);
BEGIN
	IF to_regclass(partition) IS NOT NULL THEN RETURN; END IF;
	LOCK TABLE audit_log IN SHARE UPDATE EXCLUSIVE MODE;
	IF to_regclass(partition) IS NOT NULL THEN RETURN; END IF;
	EXECUTE format('CREATE TABLE public.%I (LIKE audit_log INCLUDING ALL)', partition);
	EXECUTE format('CREATE TRIGGER audit_log_is_kept BEFORE TRUNCATE ON public.%I EXECUTE FUNCTION refuse_change(%L)',
		partition, 'entries of the audit log never change and are never deleted');
	EXECUTE format('ALTER TABLE audit_log ATTACH PARTITION public.%I FOR VALUES FROM (%L) TO (%L)',
		partition, million * 1000000, (million + 1) * 1000000);
END
$$;
--> statement-breakpoint
REVOKE EXECUTE ON FUNCTION "ensure_audit_log"(bigint) FROM PUBLIC;--> statement-breakpoint
SELECT ensure_audit_log(million * 1000000) FROM generate_series(0, (SELECT coalesce(max("index"), 0) / 1000000 + 1 FROM audit_log_before)) million;--> statement-breakpoint
INSERT INTO "audit_log" ("index", "event") SELECT "index", "event" FROM "audit_log_before" ORDER BY "index";--> statement-breakpoint
DROP TABLE "audit_log_before";
