-- The role that a sign-in gave to somebody whom the provider has disabled. NULL = nobody did.
ALTER TABLE "user" ADD COLUMN IF NOT EXISTS reenabled TEXT;

-- Who has signed in: whom a subject of the identity provider stands for. `session` is what every session of the person
-- carries; NULL = all of them have been ended. A user, or an account.
CREATE TABLE IF NOT EXISTS identity (
    user_id UUID   PRIMARY KEY,
    issuer  TEXT   NOT NULL,
    subject TEXT   NOT NULL,
    session UUID,
    bound   BIGINT NOT NULL
);
CREATE UNIQUE INDEX IF NOT EXISTS identity_by_subject ON identity (issuer, subject);
