-- Whoever changes something holds one of these rows, shared, until it is committed; whoever takes each of them alone for
-- a moment has outlasted every change that was begun before.
CREATE TABLE IF NOT EXISTS gate (
    stripe BIGINT PRIMARY KEY
);
INSERT INTO gate (stripe) SELECT generate_series(0, 63) ON CONFLICT (stripe) DO NOTHING;
