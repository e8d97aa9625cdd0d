-- How often the sums of a run were stated as final (0: not yet), and when they last changed after that.
ALTER TABLE run ADD COLUMN revision BIGINT NOT NULL DEFAULT 0;
ALTER TABLE run ADD COLUMN restated_at BIGINT;
UPDATE run SET revision = 1 WHERE state = 'closed';
