CREATE TYPE "public"."entropy_kind" AS ENUM('commit-reveal', 'drand');--> statement-breakpoint
CREATE TYPE "public"."lottery_status" AS ENUM('open', 'sealed', 'closed');--> statement-breakpoint
CREATE TABLE "ledger_key" (
	"only" boolean PRIMARY KEY DEFAULT true NOT NULL,
	"verifier_key" text NOT NULL,
	"first_used_at" timestamp (3) with time zone NOT NULL,
	CONSTRAINT "ledger_key_only" CHECK ("ledger_key"."only")
);
--> statement-breakpoint
CREATE TABLE "outbox" (
	"aggregate" text NOT NULL,
	"seq" bigint NOT NULL,
	"id" uuid NOT NULL,
	"type" text NOT NULL,
	"data" jsonb NOT NULL,
	"occurred_at" timestamp (3) with time zone NOT NULL,
	"published_at" timestamp (3) with time zone,
	"attempts" integer DEFAULT 0 NOT NULL,
	CONSTRAINT "outbox_aggregate_seq_pk" PRIMARY KEY("aggregate","seq"),
	CONSTRAINT "outbox_id_unique" UNIQUE("id")
);
--> statement-breakpoint
CREATE TABLE "users" (
	"id" uuid PRIMARY KEY NOT NULL,
	"email" text NOT NULL,
	"name" text,
	"banned_at" timestamp (3) with time zone,
	"created_at" timestamp (3) with time zone NOT NULL,
	"last_seq" bigint NOT NULL
);
--> statement-breakpoint
CREATE TABLE "ballots" (
	"lottery_date" date NOT NULL,
	"ordinal" bigint NOT NULL,
	"id" uuid NOT NULL,
	"user_id" uuid NOT NULL,
	"user_salt" "bytea" NOT NULL,
	"submitted_at" timestamp (3) with time zone NOT NULL,
	CONSTRAINT "ballots_lottery_date_ordinal_pk" PRIMARY KEY("lottery_date","ordinal"),
	CONSTRAINT "ballots_id" UNIQUE("lottery_date","id")
) PARTITION BY RANGE ("lottery_date");
--> statement-breakpoint
CREATE TABLE "entropy_secrets" (
	"lottery_date" date PRIMARY KEY NOT NULL,
	"secret" "bytea" NOT NULL
);
--> statement-breakpoint
CREATE TABLE "ledger_subtrees" (
	"lottery_date" date NOT NULL,
	"level" smallint NOT NULL,
	"index" bigint NOT NULL,
	"hash" "bytea" NOT NULL,
	CONSTRAINT "ledger_subtrees_lottery_date_level_index_pk" PRIMARY KEY("lottery_date","level","index")
);
--> statement-breakpoint
CREATE TABLE "lotteries" (
	"date" date PRIMARY KEY NOT NULL,
	"status" "lottery_status" NOT NULL,
	"ballot_count" bigint NOT NULL,
	"ledger_range" "bytea" NOT NULL,
	"entropy_kind" "entropy_kind" NOT NULL,
	"entropy_source" "bytea" NOT NULL,
	"entropy_round" bigint NOT NULL,
	"seal_number" bigint,
	"excluded" bigint[],
	"late" boolean,
	"previous_seal_hash" "bytea",
	"seal_hash" "bytea",
	"reveal" "bytea",
	"winner_ordinal" bigint,
	"winner_ballot_id" uuid,
	"created_at" timestamp (3) with time zone NOT NULL,
	"sealed_at" timestamp (3) with time zone,
	"closed_at" timestamp (3) with time zone,
	"last_seq" bigint NOT NULL,
	CONSTRAINT "lotteries_seal_number" UNIQUE("seal_number"),
	CONSTRAINT "lotteries_sealed_at" CHECK (("lotteries"."status" = 'open') = ("lotteries"."sealed_at" is null)),
	CONSTRAINT "lotteries_closed_at" CHECK (("lotteries"."status" = 'closed') = ("lotteries"."closed_at" is not null)),
	CONSTRAINT "lotteries_winner" CHECK (("lotteries"."winner_ordinal" is null) = ("lotteries"."winner_ballot_id" is null)),
	CONSTRAINT "lotteries_seal" CHECK (num_nulls("lotteries"."seal_number", "lotteries"."excluded", "lotteries"."late", "lotteries"."previous_seal_hash", "lotteries"."seal_hash", "lotteries"."sealed_at") in (0, 6)),
	CONSTRAINT "lotteries_reveal" CHECK (("lotteries"."reveal" is null) = ("lotteries"."closed_at" is null))
);
--> statement-breakpoint
CREATE UNIQUE INDEX "users_email_unique" ON "users" USING btree (lower("email"));--> statement-breakpoint
CREATE INDEX "users_banned" ON "users" USING btree ("id") WHERE "users"."banned_at" is not null;--> statement-breakpoint
CREATE INDEX "ballots_of_user" ON "ballots" USING btree ("user_id","lottery_date","ordinal");--> statement-breakpoint
CREATE INDEX "lotteries_not_closed" ON "lotteries" USING btree ("date") WHERE "lotteries"."status" <> 'closed';--> statement-breakpoint
-- Makes sure that ballots of this day have their partition, one for each month. The partition is filled in beside the
-- parent and then attached, which, unlike CREATE TABLE ... PARTITION OF, lets inserts into other months go on meanwhile.
CREATE FUNCTION "ensure_ballots_partition"(day date) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
	first date := date_trunc('month', day)::date;
	partition text := to_char(first, '"ballots_"YYYY_MM');
BEGIN
	IF to_regclass(partition) IS NOT NULL THEN RETURN; END IF;
	LOCK TABLE ballots IN SHARE UPDATE EXCLUSIVE MODE; -- what ATTACH needs, and unlike an advisory lock it refreshes the catalog
	IF to_regclass(partition) IS NOT NULL THEN RETURN; END IF;
	EXECUTE format('CREATE TABLE %I (LIKE ballots INCLUDING ALL)', partition);
	EXECUTE format('ALTER TABLE ballots ATTACH PARTITION %I FOR VALUES FROM (%L) TO (%L)',
		partition, first, (first + interval '1 month')::date);
END
$$;
