-- A ballot changes once at most: when its user is forgotten. Its ledger entry holds the commitment and stays the same.
DROP TRIGGER "ballots_stay" ON "ballots";--> statement-breakpoint
CREATE FUNCTION "refuse_change_of_ballot"() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
	forgotten record := OLD;
	lottery record;
	reason text;
BEGIN
	forgotten.user_id := NULL;
	forgotten.user_salt := NULL;
	forgotten.user_commit := sha256('LSU1'::bytea || OLD.user_salt || uuid_send(OLD.user_id));
	IF OLD.user_id IS NULL OR NEW IS DISTINCT FROM forgotten THEN
		RAISE EXCEPTION 'ballots never change and are never deleted' USING ERRCODE = 'restrict_violation';
	END IF;
	SELECT status, winner_ordinal INTO lottery FROM lotteries WHERE date = OLD.lottery_date;
	IF lottery.status IS DISTINCT FROM 'closed' THEN
		reason := 'its lottery is not closed';
	ELSIF lottery.winner_ordinal = OLD.ordinal THEN
		reason := 'it won';
	ELSIF EXISTS (SELECT FROM exclusions WHERE lottery_date = OLD.lottery_date AND ordinal = OLD.ordinal) THEN
		reason := 'it was excluded from the draw';
	ELSE
		RETURN NEW;
	END IF;
	RAISE EXCEPTION 'the ballot % of % keeps its user: %', OLD.ordinal, OLD.lottery_date, reason USING ERRCODE = 'restrict_violation';
END
$$;
--> statement-breakpoint
-- PostgreSQL gives these triggers to each partition, also to later ones.
CREATE TRIGGER "ballots_change" BEFORE UPDATE ON "ballots" FOR EACH ROW
	EXECUTE FUNCTION "refuse_change_of_ballot"();--> statement-breakpoint
CREATE TRIGGER "ballots_stay" BEFORE DELETE ON "ballots" FOR EACH ROW
	EXECUTE FUNCTION "refuse_change"('ballots never change and are never deleted');
