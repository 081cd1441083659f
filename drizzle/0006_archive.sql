CREATE TABLE "users_to_forget" (
	"user_id" uuid PRIMARY KEY NOT NULL,
	"since" timestamp (3) with time zone NOT NULL
);
--> statement-breakpoint
CREATE TABLE "kept_ballots" (
	"lottery_date" date NOT NULL,
	"ordinal" bigint NOT NULL,
	"id" uuid NOT NULL,
	"user_id" uuid NOT NULL,
	"user_salt" "bytea" NOT NULL,
	"submitted_at" timestamp (3) with time zone NOT NULL,
	"proof" "bytea",
	CONSTRAINT "kept_ballots_lottery_date_ordinal_pk" PRIMARY KEY("lottery_date","ordinal")
);
--> statement-breakpoint
CREATE TABLE "archives" (
	"month" text PRIMARY KEY NOT NULL,
	"state" text NOT NULL,
	"manifest" text,
	"manifest_hash" "bytea",
	"started_at" timestamp (3) with time zone NOT NULL,
	"verified_at" timestamp (3) with time zone,
	"detached_at" timestamp (3) with time zone,
	"dropped_at" timestamp (3) with time zone,
	CONSTRAINT "archives_month" CHECK ("archives"."month" ~ '^[0-9]{4}-(0[1-9]|1[0-2])$'),
	CONSTRAINT "archives_manifest" CHECK (("archives"."manifest" is null) = ("archives"."state" = 'exporting')),
	CONSTRAINT "archives_manifest_hash" CHECK (("archives"."manifest" is null) = ("archives"."manifest_hash" is null))
);
--> statement-breakpoint
ALTER TABLE "users" ALTER COLUMN "email" DROP NOT NULL;--> statement-breakpoint
ALTER TABLE "ballots" ALTER COLUMN "user_id" DROP NOT NULL;--> statement-breakpoint
ALTER TABLE "ballots" ALTER COLUMN "user_salt" DROP NOT NULL;--> statement-breakpoint
ALTER TABLE "users" ADD COLUMN "forgotten_at" timestamp (3) with time zone;--> statement-breakpoint
ALTER TABLE "ballots" ADD COLUMN "user_commit" "bytea";--> statement-breakpoint
ALTER TABLE "users" ADD CONSTRAINT "users_forgotten" CHECK (case when "users"."forgotten_at" is null then "users"."email" is not null
        else num_nonnulls("users"."email", "users"."name", "users"."subject") = 0 end);--> statement-breakpoint
ALTER TABLE "ballots" ADD CONSTRAINT "ballots_user" CHECK (num_nulls("user_id", "user_salt") = case when "user_commit" is null then 0 else 2 end);--> statement-breakpoint
CREATE TRIGGER "kept_ballots_stay" BEFORE UPDATE OR DELETE OR TRUNCATE ON "kept_ballots"
	EXECUTE FUNCTION "refuse_change"('ballots that evidence names never change and are never deleted');--> statement-breakpoint
CREATE TRIGGER "archives_stay" BEFORE DELETE OR TRUNCATE ON "archives"
	EXECUTE FUNCTION "refuse_change"('archived months are never forgotten');
