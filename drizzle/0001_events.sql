CREATE TABLE "audit_head" (
	"only" boolean PRIMARY KEY DEFAULT true NOT NULL,
	"size" bigint NOT NULL,
	"range" "bytea" NOT NULL,
	CONSTRAINT "audit_head_only" CHECK ("audit_head"."only")
);
--> statement-breakpoint
CREATE TABLE "audit_log" (
	"index" bigint PRIMARY KEY NOT NULL,
	"event" text NOT NULL,
	"id" uuid GENERATED ALWAYS AS (((event::jsonb ->> 'id')::uuid)) STORED NOT NULL,
	"aggregate" text GENERATED ALWAYS AS ((event::jsonb ->> 'aggregate')) STORED NOT NULL,
	"type" text GENERATED ALWAYS AS ((event::jsonb ->> 'type')) STORED NOT NULL
);
--> statement-breakpoint
CREATE TABLE "audit_subtrees" (
	"level" smallint NOT NULL,
	"index" bigint NOT NULL,
	"hash" "bytea" NOT NULL,
	CONSTRAINT "audit_subtrees_level_index_pk" PRIMARY KEY("level","index")
);
--> statement-breakpoint
CREATE TABLE "relay_lease" (
	"only" boolean PRIMARY KEY DEFAULT true NOT NULL,
	"holder" uuid NOT NULL,
	"expires_at" timestamp (3) with time zone NOT NULL,
	CONSTRAINT "relay_lease_only" CHECK ("relay_lease"."only")
);
--> statement-breakpoint
ALTER TABLE "outbox" ADD COLUMN "position" bigint NOT NULL GENERATED ALWAYS AS IDENTITY (sequence name "outbox_position_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1);--> statement-breakpoint
ALTER TABLE "outbox" ADD COLUMN "actor" text NOT NULL DEFAULT 'anonymous';--> statement-breakpoint
ALTER TABLE "outbox" ALTER COLUMN "actor" DROP DEFAULT;--> statement-breakpoint
ALTER TABLE "outbox" ADD COLUMN "request_id" text;--> statement-breakpoint
ALTER TABLE "outbox" ADD COLUMN "audit_index" bigint;--> statement-breakpoint
ALTER TABLE "outbox" ADD COLUMN "retry_at" timestamp (3) with time zone;--> statement-breakpoint
CREATE UNIQUE INDEX "audit_log_id" ON "audit_log" USING btree ("id");--> statement-breakpoint
CREATE INDEX "audit_log_aggregate" ON "audit_log" USING btree ("aggregate","index");--> statement-breakpoint
CREATE INDEX "audit_log_type" ON "audit_log" USING btree ("type","index");--> statement-breakpoint
CREATE INDEX "outbox_not_in_audit_log" ON "outbox" USING btree ("position") WHERE "outbox"."audit_index" is null;--> statement-breakpoint
CREATE INDEX "outbox_not_published" ON "outbox" USING btree ("position") WHERE "outbox"."published_at" is null;--> statement-breakpoint
CREATE INDEX "outbox_refused" ON "outbox" USING btree ("aggregate","seq") WHERE "outbox"."published_at" is null and "outbox"."attempts" > 0;--> statement-breakpoint
ALTER TABLE "outbox" ADD CONSTRAINT "outbox_audit_index" UNIQUE("audit_index");--> statement-breakpoint
-- The event of a key that was used before there was one.
INSERT INTO "outbox" ("aggregate", "seq", "id", "type", "data", "actor", "occurred_at")
	SELECT 'ledger-key/' || substring("verifier_key" from '^[^+]*[+][^+]*'), 1, gen_random_uuid(), 'ledger.key_used.v1',
		jsonb_build_object('verifier_key', "verifier_key"), 'service', "first_used_at" FROM "ledger_key";
