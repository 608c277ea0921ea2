-- The keys of users' e-mail addresses: folded, each once a user. Those of users that are there already are filled in by
-- the function that belongs to this step.
CREATE TABLE user_email (
    email   TEXT NOT NULL,
    user_id BLOB NOT NULL,
    PRIMARY KEY (email, user_id)
) WITHOUT ROWID;
CREATE INDEX user_email_by_user ON user_email (user_id, email);

-- Resources of the types that the configuration defines.
CREATE TABLE resource (
    id          BLOB PRIMARY KEY,
    type        TEXT    NOT NULL,
    external_id TEXT,
    created     INTEGER NOT NULL,
    modified    INTEGER NOT NULL,
    version     INTEGER NOT NULL,
    body        TEXT    NOT NULL
) WITHOUT ROWID;
CREATE INDEX resource_by_type ON resource (type, id);
CREATE INDEX resource_by_external_id ON resource (type, external_id) WHERE external_id IS NOT NULL;

-- What only one resource of a type may have in an attribute; folded unless case counts.
CREATE TABLE resource_key (
    type      TEXT NOT NULL,
    attribute TEXT NOT NULL,
    value     TEXT NOT NULL,
    id        BLOB NOT NULL,
    PRIMARY KEY (type, attribute, value)
) WITHOUT ROWID;
CREATE INDEX resource_key_by_id ON resource_key (id, attribute, value);
