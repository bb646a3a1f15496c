-- name: begin
INSERT INTO runs (thread_id, turn_id, attempt)
SELECT %(thread)s, %(turn)s, coalesce(max(attempt), 0) + 1 FROM runs WHERE thread_id = %(thread)s AND turn_id = %(turn)s
ON CONFLICT DO NOTHING
RETURNING attempt

-- name: append
INSERT INTO chunks (thread_id, turn_id, attempt, seq, chunk)
SELECT n.* FROM unnest(%(threads)s::text[], %(turns)s::text[], %(attempts)s::int[], %(seqs)s::int[], %(chunks)s::text[])
    AS n (thread_id, turn_id, attempt, seq, chunk)
WHERE EXISTS (SELECT FROM threads t WHERE t.thread_id = n.thread_id AND NOT t.is_erased)
ON CONFLICT DO NOTHING

-- name: finish
UPDATE runs r SET problem = %(problem)s, outcome = coalesce(%(outcome)s, CASE
    WHEN EXISTS (SELECT FROM threads t WHERE t.thread_id = r.thread_id AND t.open_turn = r.turn_id) THEN 'waiting'
    ELSE 'ended' END)
WHERE thread_id = %(thread)s AND turn_id = %(turn)s AND attempt = %(attempt)s

-- name: ring
SELECT pg_notify('dossier_streams', unnest(%(bells)s::text[]))

-- name: since
WITH newest AS (
    SELECT attempt, outcome, problem FROM runs WHERE thread_id = %(thread)s AND turn_id = %(turn)s
    ORDER BY attempt DESC LIMIT 1
)
SELECT n.attempt, n.outcome, n.problem, c.seq, c.chunk FROM newest n
LEFT JOIN chunks c ON c.thread_id = %(thread)s AND c.turn_id = %(turn)s AND c.attempt = n.attempt
    AND c.seq > CASE WHEN n.attempt = %(attempt)s THEN %(seq)s ELSE 0 END
ORDER BY c.seq
