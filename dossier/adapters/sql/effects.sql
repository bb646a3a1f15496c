-- name: find
SELECT key, status, outcome FROM effects
WHERE thread_id = %(thread)s AND turn_id = %(turn)s AND ordinal = %(ordinal)s AND call_index = %(index)s
  AND args_hash = %(args_hash)s

-- name: done_in_turn
SELECT outcome FROM effects WHERE thread_id = %(thread)s AND turn_id = %(turn)s AND status = 'done'
ORDER BY ordinal, call_index, settled_at

-- name: intend
INSERT INTO effects (thread_id, turn_id, ordinal, call_index, args_hash, tool, key, status)
VALUES (%(thread)s, %(turn)s, %(ordinal)s, %(index)s, %(args_hash)s, %(tool)s, %(key)s, 'intent')

-- name: settle
UPDATE effects SET status = %(status)s, outcome = %(outcome)s, settled_at = clock_timestamp()
WHERE key = %(key)s AND status IN ('intent', 'unknown')
RETURNING key
