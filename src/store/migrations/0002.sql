-- Every record gets a position and a link of the chain (C005). The old ones are carried over from record_1, in the order
-- of their ids, by the function that belongs to this step; it drops that table.
ALTER TABLE record RENAME TO record_1;

-- One a transaction; audit and change feed read it. Positions count from 1, without gaps.
CREATE TABLE record (
    position    INTEGER PRIMARY KEY,
    incarnation INTEGER NOT NULL,
    id          BLOB    NOT NULL UNIQUE,
    body        TEXT    NOT NULL,
    digest      BLOB    NOT NULL,
    hash        BLOB    NOT NULL
);

-- One row: where the chain ends. A record that is missing at the end is missed by it.
CREATE TABLE chain_head (
    one      INTEGER PRIMARY KEY CHECK (one = 1),
    position INTEGER NOT NULL,
    hash     BLOB    NOT NULL
);
INSERT INTO chain_head (one, position, hash) VALUES (1, 0, zeroblob(32));
