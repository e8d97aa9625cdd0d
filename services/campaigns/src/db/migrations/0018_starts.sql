-- Counts the changes of what a campaign says: a launch holds what it has checked.
ALTER TABLE campaign ADD COLUMN revision BIGINT NOT NULL DEFAULT 0;

-- What cannot begin yet is looked at again then.
ALTER TABLE campaign ADD COLUMN look_at BIGINT NOT NULL DEFAULT 0;
ALTER TABLE occurrence ADD COLUMN look_at BIGINT NOT NULL DEFAULT 0;
