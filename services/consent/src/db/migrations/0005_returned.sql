-- How many permits of a text have come back unused. The number is what a return is held against, so that one
-- that is repeated or late takes back nothing that was granted since.
CREATE TABLE permit_returned (
  run {uuid} NOT NULL,
  chunk BIGINT NOT NULL,
  position BIGINT NOT NULL,
  times BIGINT NOT NULL,
  returned_at BIGINT NOT NULL,
  PRIMARY KEY (run, chunk, position)
){without_rowid};
