-- Ids are UUIDv7 (16 bytes, time-ordered), times are microseconds since 1970 UTC, names are folded to lower case.
CREATE TABLE meta (
    key   TEXT PRIMARY KEY,
    value TEXT NOT NULL
) WITHOUT ROWID;

CREATE TABLE config (
    revision     INTEGER PRIMARY KEY,
    content_hash TEXT    NOT NULL,
    epoch        INTEGER NOT NULL,
    published    INTEGER NOT NULL,
    document     TEXT    NOT NULL
);

CREATE TABLE user (
    id              BLOB PRIMARY KEY,
    user_name       TEXT    NOT NULL,
    external_id     TEXT,
    active          INTEGER NOT NULL,
    account_enabled INTEGER NOT NULL,
    created         INTEGER NOT NULL,
    modified        INTEGER NOT NULL,
    version         INTEGER NOT NULL,
    body            TEXT    NOT NULL
) WITHOUT ROWID;
CREATE UNIQUE INDEX user_by_name ON user (user_name);
CREATE INDEX user_by_external_id ON user (external_id) WHERE external_id IS NOT NULL;
CREATE INDEX user_active ON user (active);

CREATE TABLE "group" (
    id           BLOB PRIMARY KEY,
    display_name TEXT    NOT NULL,
    external_id  TEXT,
    created      INTEGER NOT NULL,
    modified     INTEGER NOT NULL,
    version      INTEGER NOT NULL,
    body         TEXT    NOT NULL
) WITHOUT ROWID;
CREATE UNIQUE INDEX group_by_name ON "group" (display_name);
CREATE INDEX group_by_external_id ON "group" (external_id) WHERE external_id IS NOT NULL;

CREATE TABLE membership (
    group_id BLOB NOT NULL,
    user_id  BLOB NOT NULL,
    PRIMARY KEY (group_id, user_id)
) WITHOUT ROWID;
CREATE INDEX membership_by_user ON membership (user_id, group_id);

-- What a user holds in a tenant, and from which rules.
CREATE TABLE access (
    user_id            BLOB NOT NULL,
    tenant             TEXT NOT NULL,
    role               TEXT NOT NULL,
    application_groups TEXT NOT NULL,
    rules              TEXT NOT NULL,
    source             TEXT NOT NULL,
    PRIMARY KEY (user_id, tenant)
) WITHOUT ROWID;

-- Who holds something from a rule; outlives the rule until its holders are evaluated again (B061).
CREATE TABLE holding (
    rule    TEXT NOT NULL,
    user_id BLOB NOT NULL,
    PRIMARY KEY (rule, user_id)
) WITHOUT ROWID;

CREATE TABLE evaluation (
    user_id   BLOB PRIMARY KEY,
    evaluated INTEGER NOT NULL
) WITHOUT ROWID;

-- Users whose evaluation was queued by a change of a large group.
CREATE TABLE pending (
    user_id BLOB PRIMARY KEY
) WITHOUT ROWID;

CREATE TABLE rule_state (
    rule         TEXT PRIMARY KEY,
    synced_hash  TEXT,
    synced_roles TEXT,
    selectors    TEXT NOT NULL DEFAULT '[]',
    last_sync    TEXT
) WITHOUT ROWID;

CREATE TABLE run (
    uid       TEXT PRIMARY KEY,
    name      TEXT    NOT NULL,
    spec_hash TEXT    NOT NULL,
    final     INTEGER NOT NULL,
    created   INTEGER NOT NULL,
    cursor    BLOB,
    covers    TEXT    NOT NULL,
    status    TEXT    NOT NULL
) WITHOUT ROWID;
CREATE INDEX run_by_name ON run (name, created);
CREATE INDEX run_queue ON run (final, created, uid);

CREATE TABLE run_user (
    run_uid TEXT NOT NULL,
    user_id BLOB NOT NULL,
    PRIMARY KEY (run_uid, user_id)
) WITHOUT ROWID;

-- One a transaction; audit and change feed read it.
CREATE TABLE record (
    id   BLOB PRIMARY KEY,
    body TEXT NOT NULL
) WITHOUT ROWID;

CREATE TABLE counter (
    name  TEXT PRIMARY KEY,
    value INTEGER NOT NULL
) WITHOUT ROWID;

CREATE TABLE token_use (
    token_id TEXT PRIMARY KEY,
    used     INTEGER NOT NULL
) WITHOUT ROWID;
