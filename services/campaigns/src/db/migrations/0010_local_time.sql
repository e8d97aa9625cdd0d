-- When texts leave, where clocks have a say.
ALTER TABLE campaign ADD COLUMN local_time TEXT;
