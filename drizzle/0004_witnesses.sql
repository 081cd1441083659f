CREATE TABLE "witness_lease" (
	"only" boolean PRIMARY KEY DEFAULT true NOT NULL,
	"holder" uuid NOT NULL,
	"expires_at" timestamp (3) with time zone NOT NULL,
	CONSTRAINT "witness_lease_only" CHECK ("witness_lease"."only")
);
--> statement-breakpoint
-- A cosigned checkpoint is evidence. It never changes and is never removed.
CREATE FUNCTION "refuse_change_of_cosigned_checkpoint"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
	RAISE EXCEPTION 'cosigned checkpoints never change' USING ERRCODE = 'restrict_violation';
END
$$;
--> statement-breakpoint
CREATE TRIGGER "cosigned_checkpoints_never_change" BEFORE UPDATE OR DELETE ON "cosigned_checkpoints"
	FOR EACH ROW EXECUTE FUNCTION "refuse_change_of_cosigned_checkpoint"();
