-- name: take
WITH known AS (SELECT thread_id FROM threads WHERE thread_id = %(thread)s),
made AS (
    INSERT INTO leases (thread_id, holder, token, expires_at)
    SELECT thread_id, %(holder)s, 1, clock_timestamp() + make_interval(secs => %(seconds)s) FROM known
    ON CONFLICT DO NOTHING RETURNING token
),
free AS (
    -- A row that a write of its holder has locked is not waited for: it is held.
    SELECT thread_id FROM leases WHERE thread_id = %(thread)s AND expires_at <= clock_timestamp() FOR UPDATE SKIP LOCKED
),
taken AS (
    UPDATE leases l SET holder = %(holder)s, token = l.token + 1,
           expires_at = clock_timestamp() + make_interval(secs => %(seconds)s)
    FROM free WHERE l.thread_id = free.thread_id RETURNING l.token
)
SELECT token FROM made UNION ALL SELECT token FROM taken UNION ALL SELECT NULL WHERE NOT EXISTS (SELECT FROM known)

-- name: renew
UPDATE leases SET expires_at = clock_timestamp() + make_interval(secs => %(seconds)s)
WHERE thread_id = %(thread)s AND token = %(token)s
RETURNING token

-- name: release
UPDATE leases SET token = token + 1, expires_at = '-infinity'
WHERE thread_id = %(thread)s AND token = %(token)s
RETURNING token

-- name: fence
SELECT token FROM leases WHERE thread_id = %(thread)s AND token = %(token)s FOR SHARE

-- name: insist
-- Divides by zero where `fence` finds nothing: for who commits without looking.
SELECT 1 / count(*) FROM (SELECT FROM leases WHERE thread_id = %(thread)s AND token = %(token)s FOR SHARE) AS held
