-- What made a person's part in a group, in names and in being active what it is: ids of records. NULL = from before.
ALTER TABLE membership ADD COLUMN IF NOT EXISTS cause UUID;

-- By which record a user left a group last; goes with the user.
CREATE TABLE IF NOT EXISTS departure (
    user_id  UUID NOT NULL,
    group_id UUID NOT NULL,
    cause    UUID NOT NULL,
    PRIMARY KEY (user_id, group_id)
);

-- By which record the last group of a folded name was deleted or renamed.
CREATE TABLE IF NOT EXISTS name_gone (
    name  TEXT PRIMARY KEY,
    cause UUID NOT NULL
);

-- By which record a user became active or inactive.
CREATE TABLE IF NOT EXISTS user_status (
    user_id UUID PRIMARY KEY,
    cause   UUID NOT NULL
);

-- Who holds grants that no rule gave and is no user.
CREATE TABLE IF NOT EXISTS account (
    id        UUID   PRIMARY KEY,
    name      TEXT   NOT NULL,
    user_name TEXT   NOT NULL,
    created   BIGINT NOT NULL,
    grants    TEXT   NOT NULL
);
CREATE UNIQUE INDEX IF NOT EXISTS account_by_name ON account (name);

-- Messages that could not be applied. A row may have 64 KiB.
CREATE TABLE IF NOT EXISTS failed_event (
    id      UUID PRIMARY KEY,
    subject TEXT NOT NULL,
    event   TEXT NOT NULL,
    message TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS failed_event_by_subject ON failed_event (subject, id);

-- Whom a run changed, or would change.
CREATE TABLE IF NOT EXISTS run_change (
    run_uid TEXT NOT NULL,
    user_id UUID NOT NULL,
    body    TEXT NOT NULL,
    PRIMARY KEY (run_uid, user_id)
);
CREATE INDEX IF NOT EXISTS run_change_by_user ON run_change (user_id, run_uid);

-- Names the rules and roles by which a run was weighed and let through.
ALTER TABLE run ADD COLUMN IF NOT EXISTS weighed TEXT;

-- Another one for each time somebody is queued: whoever evaluates takes away only what they had read.
ALTER TABLE pending ADD COLUMN IF NOT EXISTS stamp BIGINT NOT NULL DEFAULT 0;

-- At most one row: everybody who was there at this time has been evaluated then or later.
CREATE TABLE IF NOT EXISTS all_evaluated (
    one       BIGINT PRIMARY KEY,
    evaluated BIGINT NOT NULL
);

-- The rules and roles in force where they are not all that the document says.
ALTER TABLE config ADD COLUMN IF NOT EXISTS enforced TEXT;

CREATE INDEX IF NOT EXISTS access_by_role ON access (tenant, role, user_id);
-- Only what no rule gave; `source` is JSON text.
CREATE INDEX IF NOT EXISTS access_by_hand ON access (user_id) WHERE source <> '"Rules"';

-- One row: up to which record the chain was cut off, and the link there; 0 = nothing was. `announced` is the record of
-- the next cut while it waits for its position: only then the records go.
CREATE TABLE IF NOT EXISTS chain_cut (
    one       BIGINT PRIMARY KEY,
    position  BIGINT NOT NULL,
    hash      BYTEA  NOT NULL,
    announced UUID
);
INSERT INTO chain_cut (one, position, hash) VALUES (1, 0, decode(repeat('00', 32), 'hex')) ON CONFLICT (one) DO NOTHING;
