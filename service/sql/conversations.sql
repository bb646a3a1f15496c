-- name: get
SELECT t.thread_id, t.user_id, t.created_at, t.updated_at, t.open_turn, t.forked_from, t.is_rehearsal,
       EXISTS (SELECT FROM approvals a WHERE a.thread_id = t.thread_id AND a.status = 'pending') AS is_waiting
FROM threads t WHERE t.thread_id = %(thread)s AND NOT t.is_erased

-- name: find
SELECT t.thread_id, t.user_id, t.created_at, t.updated_at, t.open_turn, t.forked_from, t.is_rehearsal, w.is_waiting,
       count(*) OVER () AS total
FROM threads t
CROSS JOIN LATERAL (
    SELECT EXISTS (SELECT FROM approvals a WHERE a.thread_id = t.thread_id AND a.status = 'pending') AS is_waiting
) w
WHERE NOT t.is_erased AND (%(rehearsals)s OR NOT t.is_rehearsal)
  AND (%(user)s::text IS NULL OR t.user_id = %(user)s)
  AND (%(after)s::timestamptz IS NULL OR t.updated_at >= %(after)s)
  AND (%(before)s::timestamptz IS NULL OR t.updated_at < %(before)s)
  AND (%(status)s::text IS NULL
       OR %(status)s = CASE WHEN t.open_turn IS NULL THEN 'idle' WHEN w.is_waiting THEN 'waiting' ELSE 'working' END)
  AND (%(text)s::text IS NULL OR EXISTS (
      SELECT FROM events e JOIN payloads p USING (thread_id, seq)
      WHERE e.thread_id = t.thread_id AND e.type = ANY(%(types)s)
        AND strpos(lower(p.body::json ->> 'text'), lower(%(text)s)) > 0
  ))
ORDER BY t.updated_at DESC, t.thread_id DESC LIMIT %(limit)s OFFSET %(offset)s

-- name: messages
SELECT e.seq, e.prev, e.type, e.version, e.turn_id, e.at, e.digest, e.hash, p.body, p.salt, count(*) OVER () AS total
FROM events e LEFT JOIN payloads p USING (thread_id, seq)
WHERE e.thread_id = %(thread)s AND e.type = ANY(%(types)s)
  AND e.seq > coalesce((SELECT max(c.seq) FROM events c WHERE c.thread_id = %(thread)s AND c.type = 'thread_cleared'), 0)
ORDER BY e.seq LIMIT %(limit)s OFFSET %(offset)s

-- name: overview
SELECT count(*) FILTER (WHERE e.type = 'user_message_received') AS user_messages,
       count(*) FILTER (WHERE e.type = 'assistant_response_generated') AS assistant_messages,
       count(*) FILTER (WHERE e.type = 'message_imported') AS imported_messages,
       coalesce(sum((p.body::json ->> 'tokens')::bigint), 0)::bigint AS tokens,
       min(e.at) AS first_at, max(e.at) AS last_at
FROM events e LEFT JOIN payloads p USING (thread_id, seq)
WHERE e.thread_id = %(thread)s AND e.type = ANY(%(types)s)

-- name: rehearsals
WITH RECURSIVE told AS (
    SELECT %(thread)s::text AS thread_id
    UNION
    SELECT t.thread_id FROM threads t JOIN told o ON o.thread_id = regexp_replace(t.forked_from, ':[0-9]+:[0-9a-f]+$', '')
    WHERE t.is_rehearsal AND t.user_id = %(user)s
)
SELECT t.thread_id FROM told JOIN threads t USING (thread_id) WHERE NOT t.is_erased AND t.thread_id <> %(thread)s
