-- Times are milliseconds since 1970. Identifiers come from the program. Lists and settings are JSON texts.

CREATE TABLE settings (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;

CREATE TABLE tenants (
    id TEXT PRIMARY KEY,
    settings TEXT NOT NULL,
    created_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE plugins (
    id TEXT PRIMARY KEY,
    digest TEXT NOT NULL,
    component BLOB NOT NULL,
    manifest BLOB,
    signature BLOB,
    origins TEXT NOT NULL,
    beyond TEXT NOT NULL,
    limits TEXT NOT NULL,
    facts TEXT NOT NULL,
    added_at INTEGER NOT NULL
) STRICT;

CREATE TABLE connectors (
    id TEXT PRIMARY KEY,
    tenant TEXT NOT NULL REFERENCES tenants (id),
    name TEXT NOT NULL,
    plugin TEXT NOT NULL REFERENCES plugins (id),
    config BLOB NOT NULL,
    secrets TEXT NOT NULL,
    wanted TEXT NOT NULL,
    confirmed TEXT NOT NULL,
    revision INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    UNIQUE (tenant, name)
) STRICT;

CREATE TABLE flows (
    tenant TEXT NOT NULL REFERENCES tenants (id),
    usage TEXT NOT NULL,
    country TEXT NOT NULL,
    connectors TEXT NOT NULL,
    revision INTEGER NOT NULL,
    PRIMARY KEY (tenant, usage, country)
) STRICT, WITHOUT ROWID;

CREATE TABLE keys (
    id TEXT PRIMARY KEY,
    tenant TEXT REFERENCES tenants (id),
    name TEXT NOT NULL,
    hash BLOB NOT NULL,
    scopes TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    revoked_at INTEGER
) STRICT, WITHOUT ROWID;

-- Identifiers of verifications and messages sort by time, so the primary key is also the order of a tenant's lists. An
-- index that a key makes superfluous would be another page to write for every message. WITHOUT ROWID is for small rows:
-- a page would hold few of these, and its tree would be deep and split often (sqlite.org/withoutrowid, section 4).
CREATE TABLE verifications (
    id TEXT NOT NULL,
    tenant TEXT NOT NULL,
    number BLOB NOT NULL,
    number_hash BLOB NOT NULL,
    usage TEXT NOT NULL,
    locales TEXT NOT NULL,
    country TEXT NOT NULL,
    prefix TEXT NOT NULL,
    network TEXT,
    source TEXT,
    is_test INTEGER NOT NULL,
    state TEXT NOT NULL,
    code BLOB NOT NULL,
    attempts INTEGER NOT NULL,
    sends INTEGER NOT NULL,
    sent_at INTEGER NOT NULL,
    lifetime_ms INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    PRIMARY KEY (tenant, id)
) STRICT;

-- One row for each attempt of one connector. `id` is the correlation id that the provider gets; `first` is the id of
-- the first attempt at the same message; `source` is the webhook that it came by. Every verification has at least one
-- message, to the same number, so its messages and the verifications of a number are found by `messages_by_number`.
CREATE TABLE messages (
    id TEXT NOT NULL,
    tenant TEXT NOT NULL,
    verification TEXT,
    connector TEXT NOT NULL,
    number BLOB NOT NULL,
    number_hash BLOB NOT NULL,
    usage TEXT NOT NULL,
    country TEXT NOT NULL,
    prefix TEXT NOT NULL,
    source TEXT,
    is_first INTEGER NOT NULL,
    first TEXT NOT NULL,
    state TEXT NOT NULL,
    kind TEXT,
    turn TEXT,
    reason TEXT,
    provider_code TEXT,
    provider_message TEXT,
    request_id TEXT,
    hint TEXT,
    created_at INTEGER NOT NULL,
    settled_at INTEGER,
    verified_at INTEGER,
    lookups INTEGER NOT NULL DEFAULT 0,
    next_lookup_at INTEGER,
    next_report_at INTEGER,
    segments INTEGER NOT NULL DEFAULT 1,
    PRIMARY KEY (tenant, id)
) STRICT;
CREATE INDEX messages_by_number ON messages (tenant, number_hash, id);
CREATE INDEX messages_by_first ON messages (tenant, first, id) WHERE NOT is_first;
CREATE INDEX messages_open ON messages (next_lookup_at) WHERE next_lookup_at IS NOT NULL;
CREATE INDEX messages_unreported ON messages (next_report_at) WHERE next_report_at IS NOT NULL;
CREATE INDEX messages_sending ON messages (id) WHERE state = 'sending';
-- What people look for. The common states are found by time; an index of them would cost every message.
CREATE INDEX messages_by_state ON messages (tenant, state, id) WHERE state NOT IN ('sending', 'accepted');
CREATE INDEX messages_by_serial ON messages (tenant, provider_message, id) WHERE provider_message IS NOT NULL;

-- What was reported of a message after its connector answered, and what was known before: by callback, by look-up, by an
-- operator. The same report again is the same row.
CREATE TABLE receipts (
    tenant TEXT NOT NULL,
    message TEXT NOT NULL,
    source TEXT NOT NULL,
    state TEXT NOT NULL,
    code TEXT NOT NULL,
    at INTEGER NOT NULL,
    PRIMARY KEY (tenant, message, source, state, code),
    FOREIGN KEY (tenant, message) REFERENCES messages (tenant, id) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;

CREATE TABLE idempotency (
    tenant TEXT NOT NULL,
    key BLOB NOT NULL,
    request BLOB NOT NULL,
    process TEXT NOT NULL,
    subject TEXT,
    status INTEGER,
    answer TEXT,
    created_at INTEGER NOT NULL,
    PRIMARY KEY (tenant, key)
) STRICT;
CREATE INDEX idempotency_by_time ON idempotency (created_at);

-- Where auth platforms post their messages.
CREATE TABLE webhooks (
    id TEXT PRIMARY KEY,
    tenant TEXT NOT NULL REFERENCES tenants (id),
    name TEXT NOT NULL,
    settings TEXT NOT NULL,
    secrets BLOB NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    UNIQUE (tenant, name)
) STRICT, WITHOUT ROWID;

-- What came by a webhook, so that a platform's retry is recognised. `message` is the first attempt.
CREATE TABLE webhook_keys (
    tenant TEXT NOT NULL,
    key BLOB NOT NULL,
    request BLOB NOT NULL,
    route BLOB NOT NULL,
    message TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    PRIMARY KEY (tenant, key)
) STRICT, WITHOUT ROWID;
CREATE INDEX webhook_keys_by_time ON webhook_keys (created_at);

-- Secret parts of the addresses that providers call back, as hashes.
CREATE TABLE callback_tokens (
    id TEXT PRIMARY KEY,
    tenant TEXT NOT NULL REFERENCES tenants (id),
    connector TEXT NOT NULL,
    hash BLOB NOT NULL,
    created_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Where a tenant's events are posted, and the events that were not taken yet.
CREATE TABLE event_targets (
    tenant TEXT PRIMARY KEY REFERENCES tenants (id),
    url TEXT NOT NULL,
    secret BLOB NOT NULL,
    created_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE events (
    id TEXT PRIMARY KEY,
    tenant TEXT NOT NULL,
    body TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    attempts INTEGER NOT NULL DEFAULT 0,
    next_at INTEGER NOT NULL
) STRICT;
CREATE INDEX events_due ON events (next_at);

-- Leaky buckets: wrong codes of a number, unverified sends of a prefix or a network.
CREATE TABLE buckets (
    tenant TEXT NOT NULL,
    scope TEXT NOT NULL,
    subject BLOB NOT NULL,
    level REAL NOT NULL,
    at INTEGER NOT NULL,
    PRIMARY KEY (tenant, scope, subject)
) STRICT, WITHOUT ROWID;

-- Sends and approvals in each hour, for limits and for the figures that outlive the messages.
CREATE TABLE counters (
    tenant TEXT NOT NULL,
    scope TEXT NOT NULL,
    subject TEXT NOT NULL,
    hour INTEGER NOT NULL,
    count INTEGER NOT NULL,
    PRIMARY KEY (tenant, scope, subject, hour)
) STRICT, WITHOUT ROWID;
CREATE INDEX counters_by_hour ON counters (hour);

CREATE TABLE test_numbers (
    tenant TEXT NOT NULL REFERENCES tenants (id),
    number_hash BLOB NOT NULL,
    number BLOB NOT NULL,
    code BLOB NOT NULL,
    expires_at INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    PRIMARY KEY (tenant, number_hash)
) STRICT, WITHOUT ROWID;

CREATE TABLE audit (
    id TEXT PRIMARY KEY,
    at INTEGER NOT NULL,
    tenant TEXT,
    actor TEXT NOT NULL,
    action TEXT NOT NULL,
    subject TEXT NOT NULL,
    detail TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- The console: who may use it, their sessions, and the plugins' guides.
CREATE TABLE users (
    id TEXT PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    password TEXT NOT NULL,
    role TEXT NOT NULL,
    tenant TEXT REFERENCES tenants (id),
    created_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE sessions (
    hash BLOB PRIMARY KEY,
    user TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    created_at INTEGER NOT NULL,
    seen_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE guides (
    plugin TEXT NOT NULL REFERENCES plugins (id) ON DELETE CASCADE,
    language TEXT NOT NULL,
    text TEXT NOT NULL,
    PRIMARY KEY (plugin, language)
) STRICT;

CREATE TABLE logos (
    plugin TEXT PRIMARY KEY REFERENCES plugins (id) ON DELETE CASCADE,
    svg BLOB NOT NULL
) STRICT;

-- What SQLite's planner cannot know: most rows may be of one tenant. Without it, a tenant alone would seem to pick few of
-- them, and a whole table be read. The first number is of rows; each other of rows that agree in so many columns
-- (sqlite.org/fileformat2, section 2.6.4). Nothing in this program runs ANALYZE, which would replace it.
ANALYZE sqlite_schema;
INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES
    ('verifications', 'sqlite_autoindex_verifications_1', '1000000 500000 1'),
    ('messages', 'sqlite_autoindex_messages_1', '1000000 500000 1'),
    ('messages', 'messages_by_number', '1000000 500000 4 1'),
    ('messages', 'messages_by_first', '1000 500 2 1'),
    ('messages', 'messages_open', '100 1'),
    ('messages', 'messages_unreported', '100 1'),
    ('messages', 'messages_sending', '10 1'),
    ('messages', 'messages_by_state', '100000 50000 10000 1'),
    ('messages', 'messages_by_serial', '1000000 500000 4 1');
ANALYZE sqlite_schema;
