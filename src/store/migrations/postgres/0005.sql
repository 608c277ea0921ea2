-- Whoever changes something holds one of these rows, shared, until it is committed; whoever takes each of them alone for
-- a moment has outlasted every change that was begun before.
CREATE TABLE IF NOT EXISTS gate (
    stripe BIGINT PRIMARY KEY
);
INSERT INTO gate (stripe) SELECT generate_series(0, 63) ON CONFLICT (stripe) DO NOTHING;

-- Whether the rule has changed since the last run began: then what that run brings to people is not, for certain, what
-- the rule says by now.
ALTER TABLE rule_state ADD COLUMN IF NOT EXISTS touched BOOLEAN NOT NULL DEFAULT FALSE;
CREATE INDEX IF NOT EXISTS rule_state_touched ON rule_state (touched);

-- Stores that are made in one second, as those of an organisation's directories may be, have incarnations of their own: a
-- new one begins somewhere in the half year before.
UPDATE chain_head SET incarnation = incarnation - floor(random() * 16777216)::BIGINT
WHERE position = 0 AND NOT EXISTS (SELECT 1 FROM record);
