-- Earlier programs counted a message when it was sent, and moved it to no other state afterwards. The hours of which there
-- are messages are counted anew.
WITH oldest AS MATERIALIZED (SELECT tenant, min(created_at) / 3600000 AS hour FROM messages GROUP BY tenant)
DELETE FROM counters
WHERE scope IN ('accepted', 'delivered', 'undelivered', 'not_sent', 'unknown', 'suppressed')
    AND hour >= (SELECT oldest.hour FROM oldest WHERE oldest.tenant = counters.tenant);
INSERT INTO counters (tenant, scope, subject, hour, count)
SELECT tenant, state, country, created_at / 3600000, count(*) FROM messages
WHERE state <> 'sending' GROUP BY tenant, state, country, created_at / 3600000;
DELETE FROM counters WHERE count <= 0;

-- They did not hide what a plugin does not declare. The whole config is hidden until its plugin was asked.
UPDATE connectors SET secrets = json_insert(secrets, '$[#]', '');
