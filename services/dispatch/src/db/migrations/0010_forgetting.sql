-- A person who is erased loses their senders, whatever the pool.
CREATE INDEX sticky_sender_of ON sticky_sender (contact);

-- Attempts are cleaned up by age.
CREATE INDEX attempt_at ON attempt (at);
