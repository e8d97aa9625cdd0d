-- Reminder plans. `rules` is the version that new and changed appointments get; every version is kept, because an
-- appointment stays with the one it was planned by.
CREATE TABLE reminder_plan (
    id {uuid} NOT NULL PRIMARY KEY,
    tenant {uuid} NOT NULL,
    mode TEXT NOT NULL,
    name TEXT NOT NULL,
    version BIGINT NOT NULL,
    rules {json} NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    deleted_at BIGINT
);
CREATE UNIQUE INDEX reminder_plan_name ON reminder_plan (tenant, mode, name) WHERE deleted_at IS NULL;

CREATE TABLE reminder_plan_version (
    plan {uuid} NOT NULL,
    version BIGINT NOT NULL,
    rules {json} NOT NULL,
    PRIMARY KEY (plan, version)
);

-- `local_time` and `timezone` are what was agreed; `starts_at` follows from them by the zone data of `zone_data`.
-- `notice_at`: when it is decided whether a notice is due; `unconfirmed_at`: when it is asked whether anybody confirmed.
CREATE TABLE appointment (
    id {uuid} NOT NULL PRIMARY KEY,
    tenant {uuid} NOT NULL,
    mode TEXT NOT NULL,
    external_id TEXT,
    source_version BIGINT,
    version BIGINT NOT NULL,
    contact {uuid} NOT NULL,
    contact_zone TEXT,
    local_time TEXT NOT NULL,
    timezone TEXT NOT NULL,
    zone_data TEXT NOT NULL,
    starts_at BIGINT NOT NULL,
    minutes BIGINT,
    subject TEXT NOT NULL,
    location TEXT NOT NULL,
    for_person TEXT NOT NULL,
    plan {uuid} NOT NULL,
    plan_version BIGINT NOT NULL,
    status TEXT NOT NULL,
    confirmation TEXT NOT NULL,
    confirmed_version BIGINT,
    confirmed_starts_at BIGINT,
    attention TEXT,
    attention_reason TEXT,
    notice_at BIGINT,
    unconfirmed_at BIGINT,
    replaced_by {uuid},
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);
CREATE UNIQUE INDEX appointment_external ON appointment (tenant, mode, external_id) WHERE external_id IS NOT NULL;
CREATE INDEX appointment_start ON appointment (tenant, mode, starts_at, id);
CREATE INDEX appointment_contact ON appointment (tenant, contact, starts_at);
CREATE INDEX appointment_plan ON appointment (plan) WHERE status = 'scheduled';

-- What became of each step of each version.
CREATE TABLE reminder (
    appointment {uuid} NOT NULL,
    version BIGINT NOT NULL,
    step TEXT NOT NULL,
    place BIGINT NOT NULL,
    target_at BIGINT NOT NULL,
    due_at BIGINT,
    state TEXT NOT NULL,
    reason TEXT NOT NULL,
    message {uuid},
    with_appointment {uuid},
    changed_at BIGINT NOT NULL,
    PRIMARY KEY (appointment, version, step)
);
CREATE INDEX reminder_message ON reminder (message) WHERE message IS NOT NULL;

-- What a text tells a person about an appointment: by it is known which time they were told, and what an answer to
-- it is about. A text about several appointments has a row for each.
CREATE TABLE telling (
    message {uuid} NOT NULL,
    appointment {uuid} NOT NULL,
    tenant {uuid} NOT NULL,
    mode TEXT NOT NULL,
    contact {uuid} NOT NULL,
    sender TEXT NOT NULL,
    version BIGINT NOT NULL,
    kind TEXT NOT NULL,
    answer TEXT,
    starts_at BIGINT NOT NULL,
    local_time TEXT NOT NULL,
    location TEXT NOT NULL,
    place BIGINT NOT NULL,
    state TEXT NOT NULL,
    queued_at BIGINT NOT NULL,
    PRIMARY KEY (message, appointment)
);
CREATE INDEX telling_appointment ON telling (appointment, queued_at);
CREATE INDEX telling_contact ON telling (tenant, contact, queued_at);
