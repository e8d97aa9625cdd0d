-- What the figures tell: how often an appointment was moved, which text its confirmation answered, and how long
-- the first answer took.
ALTER TABLE appointment ADD COLUMN moves BIGINT NOT NULL DEFAULT 0;
ALTER TABLE appointment ADD COLUMN confirmed_at BIGINT;
ALTER TABLE appointment ADD COLUMN confirmed_by TEXT;
ALTER TABLE appointment ADD COLUMN answer_ms BIGINT;
