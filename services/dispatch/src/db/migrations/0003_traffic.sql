-- What operators want done with traffic, until they resume it. Every dispatcher reads it several times a second.
CREATE TABLE traffic_control (
  level TEXT NOT NULL,
  tenant {uuid} NOT NULL,
  mode TEXT NOT NULL,
  name TEXT NOT NULL,
  action TEXT NOT NULL,
  target TEXT,
  reason TEXT NOT NULL,
  set_at BIGINT NOT NULL,
  until_at BIGINT,
  PRIMARY KEY (level, tenant, mode, name)
);

-- Limits that were set, by level and name.
CREATE TABLE traffic_limit (
  level TEXT NOT NULL,
  tenant {uuid} NOT NULL,
  mode TEXT NOT NULL,
  name TEXT NOT NULL,
  settings {json} NOT NULL,
  PRIMARY KEY (level, tenant, mode, name)
);

-- Segments that left in the carriers' day, where a cap counts them.
CREATE TABLE traffic_day (
  level TEXT NOT NULL,
  tenant {uuid} NOT NULL,
  mode TEXT NOT NULL,
  name TEXT NOT NULL,
  day TEXT NOT NULL,
  segments BIGINT NOT NULL,
  PRIMARY KEY (level, tenant, mode, name, day)
);
