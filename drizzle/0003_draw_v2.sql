DO $$
BEGIN
	IF EXISTS (SELECT FROM lotteries) THEN
		RAISE EXCEPTION 'this database holds lotteries of lottery-draw-v1, which this version cannot verify; start it on an empty database';
	END IF;
END
$$;
--> statement-breakpoint
CREATE TABLE "exclusions" (
	"lottery_date" date NOT NULL,
	"ordinal" bigint NOT NULL,
	"event_id" uuid NOT NULL,
	CONSTRAINT "exclusions_lottery_date_ordinal_pk" PRIMARY KEY("lottery_date","ordinal")
);
--> statement-breakpoint
CREATE TABLE "seals" (
	"number" bigint PRIMARY KEY NOT NULL,
	"lottery_date" date NOT NULL,
	"excluded_count" bigint NOT NULL,
	"exclusions_hash" "bytea" NOT NULL,
	"round" bigint NOT NULL,
	"previous_hash" "bytea" NOT NULL,
	"hash" "bytea" NOT NULL,
	"sealed_at" timestamp (3) with time zone NOT NULL,
	CONSTRAINT "seals_lottery_date" UNIQUE("lottery_date")
);
--> statement-breakpoint
CREATE TABLE "cosigned_checkpoints" (
	"size" bigint NOT NULL,
	"cosigners" smallint NOT NULL,
	"note" text NOT NULL,
	"stored_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "cosigned_checkpoints_size_cosigners_pk" PRIMARY KEY("size","cosigners"),
	CONSTRAINT "cosigned_checkpoints_cosigners" CHECK ("cosigned_checkpoints"."cosigners" > 0)
);
--> statement-breakpoint
ALTER TABLE "lotteries" DROP CONSTRAINT "lotteries_seal_number";--> statement-breakpoint
ALTER TABLE "lotteries" DROP CONSTRAINT "lotteries_sealed_at";--> statement-breakpoint
ALTER TABLE "lotteries" DROP CONSTRAINT "lotteries_seal";--> statement-breakpoint
ALTER TABLE "lotteries" DROP COLUMN "seal_number";--> statement-breakpoint
ALTER TABLE "lotteries" DROP COLUMN "excluded";--> statement-breakpoint
ALTER TABLE "lotteries" DROP COLUMN "late";--> statement-breakpoint
ALTER TABLE "lotteries" DROP COLUMN "previous_seal_hash";--> statement-breakpoint
ALTER TABLE "lotteries" DROP COLUMN "seal_hash";--> statement-breakpoint
ALTER TABLE "lotteries" DROP COLUMN "sealed_at";