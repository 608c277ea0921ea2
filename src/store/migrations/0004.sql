-- What made a person's part in a group, in names and in being active what it is: ids of records. NULL = from before.
ALTER TABLE membership ADD COLUMN cause BLOB;

-- By which record a user left a group last; goes with the user.
CREATE TABLE departure (
    user_id  BLOB NOT NULL,
    group_id BLOB NOT NULL,
    cause    BLOB NOT NULL,
    PRIMARY KEY (user_id, group_id)
) WITHOUT ROWID;

-- By which record the last group of a folded name was deleted or renamed.
CREATE TABLE name_gone (
    name  TEXT PRIMARY KEY,
    cause BLOB NOT NULL
) WITHOUT ROWID;

-- By which record a user became active or inactive.
CREATE TABLE user_status (
    user_id BLOB PRIMARY KEY,
    cause   BLOB NOT NULL
) WITHOUT ROWID;

-- Who holds grants that no rule gave and is no user.
CREATE TABLE account (
    id        BLOB PRIMARY KEY,
    name      TEXT    NOT NULL,
    user_name TEXT    NOT NULL,
    created   INTEGER NOT NULL,
    grants    TEXT    NOT NULL
) WITHOUT ROWID;
CREATE UNIQUE INDEX account_by_name ON account (name);

-- Messages that could not be applied. A row may have 64 KiB.
CREATE TABLE failed_event (
    id      BLOB NOT NULL PRIMARY KEY,
    subject TEXT NOT NULL,
    event   TEXT NOT NULL,
    message TEXT NOT NULL
);
CREATE INDEX failed_event_by_subject ON failed_event (subject, id);

-- Whom a run changed, or would change.
CREATE TABLE run_change (
    run_uid TEXT NOT NULL,
    user_id BLOB NOT NULL,
    body    TEXT NOT NULL,
    PRIMARY KEY (run_uid, user_id)
) WITHOUT ROWID;
CREATE INDEX run_change_by_user ON run_change (user_id);

-- Names the rules and roles by which a run was weighed and let through.
ALTER TABLE run ADD COLUMN weighed TEXT;

-- The rules and roles in force where they are not all that the document says.
ALTER TABLE config ADD COLUMN enforced TEXT;

CREATE INDEX access_by_role ON access (tenant, role, user_id);
-- Only what no rule gave; `source` is JSON text.
CREATE INDEX access_by_hand ON access (user_id) WHERE source <> '"Rules"';

-- At most one row: up to which record the chain was cut off, and the link there. A record says so too.
CREATE TABLE chain_cut (
    one      INTEGER PRIMARY KEY CHECK (one = 1),
    position INTEGER NOT NULL,
    hash     BLOB    NOT NULL
);
