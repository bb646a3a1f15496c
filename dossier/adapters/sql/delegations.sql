-- name: grant
INSERT INTO delegations (delegation_id, from_user, from_roles, to_user, reason, ends_at)
VALUES (%(delegation_id)s, %(from_user)s, %(from_roles)s, %(to_user)s, %(reason)s,
        clock_timestamp() + make_interval(secs => %(seconds)s))
RETURNING *

-- name: to
SELECT * FROM delegations
WHERE to_user = %(user)s AND revoked_at IS NULL AND ends_at > clock_timestamp()
ORDER BY granted_at, delegation_id

-- name: revoke
UPDATE delegations SET revoked_at = clock_timestamp()
WHERE delegation_id = %(delegation_id)s AND from_user = %(user)s AND revoked_at IS NULL
RETURNING delegation_id
