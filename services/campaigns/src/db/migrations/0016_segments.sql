-- The audience of a slot where that is a segment; `audience` is a list.
ALTER TABLE journey_slot ADD COLUMN segment {uuid};
