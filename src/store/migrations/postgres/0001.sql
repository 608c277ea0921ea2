-- Times are microseconds since 1970 UTC, ids are UUIDv7, names are folded to lower case, bodies are JSON text.
-- Plain tables only: no sequence, no trigger, no type of its own, so that any engine that speaks the protocol keeps it.
-- Each step may be repeated: not every such engine takes back a half of it.
CREATE TABLE IF NOT EXISTS config (
    revision     BIGINT PRIMARY KEY,
    content_hash TEXT   NOT NULL,
    epoch        BIGINT NOT NULL,
    published    BIGINT NOT NULL,
    document     TEXT   NOT NULL
);

-- One row: which configuration is in force. Who publishes holds it alone; who names groups holds it with others.
CREATE TABLE IF NOT EXISTS head (
    one      BIGINT PRIMARY KEY,
    revision BIGINT NOT NULL,
    epoch    BIGINT NOT NULL
);
INSERT INTO head (one, revision, epoch) VALUES (1, 0, 0) ON CONFLICT (one) DO NOTHING;

CREATE TABLE IF NOT EXISTS "user" (
    id              UUID    PRIMARY KEY,
    user_name       TEXT    NOT NULL,
    shown_name      TEXT    NOT NULL,
    external_id     TEXT,
    active          BOOLEAN NOT NULL,
    account_enabled BOOLEAN NOT NULL,
    created         BIGINT  NOT NULL,
    modified        BIGINT  NOT NULL,
    version         BIGINT  NOT NULL,
    body            TEXT    NOT NULL
);
CREATE UNIQUE INDEX IF NOT EXISTS user_by_name ON "user" (user_name);
CREATE INDEX IF NOT EXISTS user_by_external_id ON "user" (external_id) WHERE external_id IS NOT NULL;
CREATE INDEX IF NOT EXISTS user_active ON "user" (active);

CREATE TABLE IF NOT EXISTS "group" (
    id           UUID   PRIMARY KEY,
    display_name TEXT   NOT NULL,
    shown_name   TEXT   NOT NULL,
    external_id  TEXT,
    created      BIGINT NOT NULL,
    modified     BIGINT NOT NULL,
    version      BIGINT NOT NULL,
    body         TEXT   NOT NULL
);
CREATE UNIQUE INDEX IF NOT EXISTS group_by_name ON "group" (display_name);
CREATE INDEX IF NOT EXISTS group_by_external_id ON "group" (external_id) WHERE external_id IS NOT NULL;

-- Changes of members since the group's row was written last, in several rows, so that they do not wait for each other.
CREATE TABLE IF NOT EXISTS group_touch (
    group_id UUID   NOT NULL,
    stripe   BIGINT NOT NULL,
    touches  BIGINT NOT NULL,
    modified BIGINT NOT NULL,
    PRIMARY KEY (group_id, stripe)
);

CREATE TABLE IF NOT EXISTS membership (
    group_id UUID NOT NULL,
    user_id  UUID NOT NULL,
    PRIMARY KEY (group_id, user_id)
);
CREATE INDEX IF NOT EXISTS membership_by_user ON membership (user_id, group_id);

-- What a user holds in a tenant, and from which rules.
CREATE TABLE IF NOT EXISTS access (
    user_id            UUID NOT NULL,
    tenant             TEXT NOT NULL,
    role               TEXT NOT NULL,
    application_groups TEXT NOT NULL,
    rules              TEXT NOT NULL,
    source             TEXT NOT NULL,
    PRIMARY KEY (user_id, tenant)
);

-- Who holds something from a rule; outlives the rule until its holders are evaluated again (B061).
CREATE TABLE IF NOT EXISTS holding (
    rule    TEXT NOT NULL,
    user_id UUID NOT NULL,
    PRIMARY KEY (rule, user_id)
);

CREATE TABLE IF NOT EXISTS evaluation (
    user_id   UUID   PRIMARY KEY,
    evaluated BIGINT NOT NULL
);

-- Users whose evaluation was queued by a change of a large group.
CREATE TABLE IF NOT EXISTS pending (
    user_id UUID PRIMARY KEY
);

CREATE TABLE IF NOT EXISTS rule_state (
    rule         TEXT PRIMARY KEY,
    synced_hash  TEXT,
    synced_roles TEXT,
    selectors    TEXT NOT NULL,
    last_sync    TEXT
);

CREATE TABLE IF NOT EXISTS run (
    uid       TEXT    PRIMARY KEY,
    name      TEXT    NOT NULL,
    spec_hash TEXT    NOT NULL,
    final     BOOLEAN NOT NULL,
    created   BIGINT  NOT NULL,
    cursor    UUID,
    covers    TEXT    NOT NULL,
    status    TEXT    NOT NULL
);
CREATE INDEX IF NOT EXISTS run_by_name ON run (name, created);
CREATE INDEX IF NOT EXISTS run_queue ON run (final, created, uid);

CREATE TABLE IF NOT EXISTS run_user (
    run_uid TEXT NOT NULL,
    user_id UUID NOT NULL,
    PRIMARY KEY (run_uid, user_id)
);

-- One a transaction; `arrived` is the database's clock once the transaction had its locks, so that of two records about
-- one person the later one is later here too, whichever replica wrote it. Position and hash come from the sequencer.
CREATE TABLE IF NOT EXISTS record (
    id          UUID   PRIMARY KEY,
    arrived     BIGINT NOT NULL,
    body        TEXT   NOT NULL,
    digest      BYTEA  NOT NULL,
    position    BIGINT,
    incarnation BIGINT,
    hash        BYTEA
);
CREATE INDEX IF NOT EXISTS record_unnumbered ON record (arrived, id) WHERE position IS NULL;
CREATE UNIQUE INDEX IF NOT EXISTS record_by_position ON record (position) WHERE position IS NOT NULL;

-- One row: where the chain ends, and the incarnation of what is appended (seconds since 1970 UTC).
CREATE TABLE IF NOT EXISTS chain_head (
    one         BIGINT PRIMARY KEY,
    incarnation BIGINT NOT NULL,
    position    BIGINT NOT NULL,
    hash        BYTEA  NOT NULL
);
INSERT INTO chain_head (one, incarnation, position, hash)
VALUES (1, extract(epoch FROM now())::BIGINT, 0, decode(repeat('00', 32), 'hex'))
ON CONFLICT (one) DO NOTHING;

CREATE TABLE IF NOT EXISTS counter (
    name   TEXT   NOT NULL,
    stripe BIGINT NOT NULL,
    value  BIGINT NOT NULL,
    PRIMARY KEY (name, stripe)
);

CREATE TABLE IF NOT EXISTS token_use (
    token_id TEXT   PRIMARY KEY,
    used     BIGINT NOT NULL
);

-- Who does what only one process may do. Times are the database's.
CREATE TABLE IF NOT EXISTS lease (
    name   TEXT        PRIMARY KEY,
    holder TEXT        NOT NULL,
    epoch  BIGINT      NOT NULL,
    until  TIMESTAMPTZ NOT NULL
);
