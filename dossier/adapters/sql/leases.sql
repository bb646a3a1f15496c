-- name: take
INSERT INTO leases AS l (thread_id, holder, token, expires_at)
VALUES (%(thread)s, %(holder)s, 1, clock_timestamp() + make_interval(secs => %(seconds)s))
ON CONFLICT (thread_id) DO UPDATE
SET holder = excluded.holder, token = l.token + 1, expires_at = excluded.expires_at
WHERE l.expires_at <= clock_timestamp()
RETURNING token

-- name: renew
UPDATE leases SET expires_at = clock_timestamp() + make_interval(secs => %(seconds)s)
WHERE thread_id = %(thread)s AND token = %(token)s
RETURNING token

-- name: release
UPDATE leases SET token = token + 1, expires_at = '-infinity'
WHERE thread_id = %(thread)s AND token = %(token)s

-- name: fence
SELECT token FROM leases WHERE thread_id = %(thread)s AND token = %(token)s FOR SHARE
