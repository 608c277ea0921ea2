-- Whether the rule has changed since the last run began: then what that run brings to people is not, for certain, what
-- the rule says by now.
ALTER TABLE rule_state ADD COLUMN touched INTEGER NOT NULL DEFAULT 0;
CREATE INDEX rule_state_touched ON rule_state (touched);
