-- Dispatchers of this database and when each was last seen alive: milliseconds of the database's own clock.
CREATE TABLE traffic_dispatcher (
  name TEXT NOT NULL PRIMARY KEY,
  seen_at BIGINT NOT NULL
);

-- Buckets that several dispatchers draw from, by level and name: when everything taken so far is paid for at the
-- allowed rate. Microseconds of the database's own clock.
CREATE TABLE traffic_meter (
  level TEXT NOT NULL,
  tenant {uuid} NOT NULL,
  mode TEXT NOT NULL,
  name TEXT NOT NULL,
  paid_at BIGINT NOT NULL,
  PRIMARY KEY (level, tenant, mode, name)
);
