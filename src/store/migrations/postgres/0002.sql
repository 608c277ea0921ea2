-- The keys of users' e-mail addresses: folded, each once a user. Those of users that are there already are filled in by
-- the program, since a database folds by its locale.
CREATE TABLE IF NOT EXISTS user_email (
    email   TEXT NOT NULL,
    user_id UUID NOT NULL,
    PRIMARY KEY (email, user_id)
);
CREATE INDEX IF NOT EXISTS user_email_by_user ON user_email (user_id, email);

-- Resources of the types that the configuration defines.
CREATE TABLE IF NOT EXISTS resource (
    id          UUID   PRIMARY KEY,
    type        TEXT   NOT NULL,
    external_id TEXT,
    created     BIGINT NOT NULL,
    modified    BIGINT NOT NULL,
    version     BIGINT NOT NULL,
    body        TEXT   NOT NULL
);
CREATE INDEX IF NOT EXISTS resource_by_type ON resource (type, id);
CREATE INDEX IF NOT EXISTS resource_by_external_id ON resource (type, external_id) WHERE external_id IS NOT NULL;

-- What only one resource of a type may have in an attribute; folded unless case counts.
CREATE TABLE IF NOT EXISTS resource_key (
    type      TEXT NOT NULL,
    attribute TEXT NOT NULL,
    value     TEXT NOT NULL,
    id        UUID NOT NULL,
    PRIMARY KEY (type, attribute, value)
);
CREATE INDEX IF NOT EXISTS resource_key_by_id ON resource_key (id, attribute, value);
