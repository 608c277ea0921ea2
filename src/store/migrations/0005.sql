-- The role that a sign-in gave to somebody whom the provider has disabled. NULL = nobody did.
ALTER TABLE user ADD COLUMN reenabled TEXT;

-- Who has signed in: whom a subject of the identity provider stands for. `session` is what every session of the person
-- carries; NULL = all of them have been ended. A user, or an account.
CREATE TABLE identity (
    user_id BLOB PRIMARY KEY,
    issuer  TEXT    NOT NULL,
    subject TEXT    NOT NULL,
    session BLOB,
    bound   INTEGER NOT NULL
) WITHOUT ROWID;
CREATE UNIQUE INDEX identity_by_subject ON identity (issuer, subject);
