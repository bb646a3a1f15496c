-- name: request
INSERT INTO approvals (approval_id, thread_id, turn_id, ordinal, call_index, tool, effect, about, approvers, args,
                       args_hash, description, requested_by, expires_at, relied_on)
VALUES (%(approval_id)s, %(thread)s, %(turn)s, %(ordinal)s, %(index)s, %(tool)s, %(effect)s, %(about)s, %(approvers)s,
        %(args)s, %(args_hash)s, %(description)s, %(requested_by)s, %(expires_at)s, %(relied_on)s)

-- name: get
SELECT *, expires_at <= clock_timestamp() AS is_late FROM approvals WHERE approval_id = %(approval_id)s

-- name: lock
SELECT approval_id FROM approvals WHERE approval_id = %(approval_id)s FOR NO KEY UPDATE

-- name: find
SELECT *, expires_at <= clock_timestamp() AS is_late FROM approvals
WHERE thread_id = %(thread)s AND (approval_id = %(name)s OR interrupt_id = %(name)s)

-- name: waits
UPDATE approvals SET interrupt_id = %(interrupt)s WHERE approval_id = %(approval_id)s

-- name: expiry
SELECT clock_timestamp() + make_interval(secs => %(seconds)s) AS expires_at

-- name: of_call
SELECT *, expires_at <= clock_timestamp() AS is_late FROM approvals
WHERE thread_id = %(thread)s AND turn_id = %(turn)s AND ordinal = %(ordinal)s ORDER BY call_index, about

-- name: pending_of_thread
SELECT *, expires_at <= clock_timestamp() AS is_late FROM approvals
WHERE thread_id = %(thread)s AND status = 'pending' ORDER BY requested_at, call_index

-- name: inbox
SELECT *, false AS is_late FROM approvals
WHERE status = 'pending' AND expires_at > clock_timestamp()
  AND (%(requested_by)s::text IS NULL OR requested_by = %(requested_by)s)
ORDER BY requested_at, approval_id LIMIT %(limit)s OFFSET %(offset)s

-- name: votes
SELECT approval_id, decided_by, on_behalf_of, args_hash, decision FROM approval_votes
WHERE approval_id = ANY(%(ids)s) ORDER BY decided_at, decided_by

-- name: vote
INSERT INTO approval_votes (approval_id, decided_by, on_behalf_of, args_hash, decision)
VALUES (%(approval_id)s, %(decided_by)s, %(on_behalf_of)s, %(args_hash)s, %(decision)s)

-- name: decide
UPDATE approvals SET status = %(status)s, decision = %(decision)s, decided_by = %(decided_by)s,
       decided_at = clock_timestamp()
WHERE approval_id = %(approval_id)s AND status = 'pending' AND expires_at > clock_timestamp()
RETURNING approval_id

-- name: close
UPDATE approvals SET status = %(status)s, decided_at = clock_timestamp()
WHERE approval_id = ANY(%(ids)s) AND status = 'pending'
RETURNING approval_id
