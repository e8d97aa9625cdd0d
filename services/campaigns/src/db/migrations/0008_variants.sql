-- Variants, holdout and winner of a campaign.
ALTER TABLE campaign ADD COLUMN variants TEXT;

-- How the audience of a run is cut, for runs that have variants, a holdout or a say of clocks. `metric` and `decide_at` stand
-- where a winner is looked for; `winner` is the place of a variant, empty where the rest gets nothing.
CREATE TABLE run_partition (
    run {uuid} NOT NULL PRIMARY KEY,
    tenant {uuid} NOT NULL,
    campaign {uuid} NOT NULL,
    cut {json} NOT NULL,
    metric TEXT,
    decide_at BIGINT,
    decided_at BIGINT,
    winner BIGINT,
    decision {json}
){without_rowid};
CREATE INDEX run_partition_open ON run_partition (metric, tenant) WHERE metric IS NOT NULL AND decided_at IS NULL;

-- What a chunk of such a run is for: 0 goes, 1 is the holdout, 2 waits for the winner.
CREATE TABLE chunk_part (
    run {uuid} NOT NULL,
    chunk BIGINT NOT NULL,
    part BIGINT NOT NULL,
    variant BIGINT,
    first_contact {uuid} NOT NULL,
    last_contact {uuid} NOT NULL,
    leaves_at BIGINT NOT NULL,
    valid_until BIGINT NOT NULL,
    PRIMARY KEY (run, chunk)
){without_rowid};
CREATE INDEX chunk_part_people ON chunk_part (run, part, variant, first_contact);
CREATE INDEX chunk_part_expiry ON chunk_part (run, valid_until);

-- Texts whose people did what a winner is looked for by; each once.
CREATE TABLE variant_outcome (
    run {uuid} NOT NULL,
    chunk BIGINT NOT NULL,
    position BIGINT NOT NULL,
    at BIGINT NOT NULL,
    PRIMARY KEY (run, chunk, position)
){without_rowid};
