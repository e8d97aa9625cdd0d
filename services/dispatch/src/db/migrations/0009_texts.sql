-- Texts of flows stand among those of the API; what they belong to (an appointment, a journey's run, a campaign).
ALTER TABLE api_message ADD COLUMN origin_kind TEXT;
ALTER TABLE api_message ADD COLUMN origin TEXT;
