-- Each tenant's events, and each connector's look-ups and reports, are read by themselves: one that takes none, or a slow
-- provider, must not hold up the others'.
DROP INDEX events_due;
CREATE INDEX events_due ON events (tenant, next_at, id);
DROP INDEX messages_open;
CREATE INDEX messages_open ON messages (connector, next_lookup_at) WHERE next_lookup_at IS NOT NULL;
DROP INDEX messages_unreported;
CREATE INDEX messages_unreported ON messages (connector, next_report_at) WHERE next_report_at IS NOT NULL;
INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES
    ('events', 'events_due', '100 10 1 1'),
    ('messages', 'messages_open', '100 10 1'),
    ('messages', 'messages_unreported', '100 10 1');
ANALYZE sqlite_schema;
