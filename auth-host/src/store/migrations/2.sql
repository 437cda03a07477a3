-- Each tenant's events are read by themselves: one that takes none must not hold up the others'.
DROP INDEX events_due;
CREATE INDEX events_due ON events (tenant, next_at, id);
