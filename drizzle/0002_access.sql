CREATE TABLE "service_secrets" (
	"name" text PRIMARY KEY NOT NULL,
	"secret" "bytea" NOT NULL
);
--> statement-breakpoint
ALTER TABLE "users" ADD COLUMN "subject" text;--> statement-breakpoint
ALTER TABLE "users" ADD CONSTRAINT "users_subject" UNIQUE("subject");--> statement-breakpoint
-- 244 random bits each, from the server's cryptographic source.
INSERT INTO "service_secrets" ("name", "secret")
	SELECT name, decode(replace(gen_random_uuid()::text || gen_random_uuid()::text, '-', ''), 'hex')
	FROM unnest(ARRAY['ballot ids', 'pseudonyms']) name;
