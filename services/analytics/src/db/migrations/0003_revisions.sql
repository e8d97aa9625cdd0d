-- How often campaigns has stated a run's sums, and when it did so anew.
ALTER TABLE run ADD COLUMN revision BIGINT;
ALTER TABLE run ADD COLUMN restated_at BIGINT;
UPDATE run SET revision = 1 WHERE closed_at IS NOT NULL;
-- Hours of a run whose sums changed after they were final: how often, and when last.
CREATE TABLE restatement (
    run_no BIGINT NOT NULL,
    hour BIGINT NOT NULL,
    changes BIGINT NOT NULL,
    at BIGINT NOT NULL,
    PRIMARY KEY (run_no, hour)
){without_rowid};
