-- name: claim
INSERT INTO threads (thread_id, user_id, head, head_mac)
VALUES (%(thread)s, %(user)s, %(head)s, %(head_mac)s)
ON CONFLICT DO NOTHING RETURNING thread_id

-- name: thread
SELECT thread_id, user_id, seq, head, head_mac, open_turn, is_erased, is_rehearsal, forked_from FROM threads WHERE thread_id = %(thread)s

-- name: head
SELECT thread_id, user_id, seq, head, head_mac, open_turn, is_erased, is_rehearsal, forked_from FROM threads WHERE thread_id = %(thread)s
FOR NO KEY UPDATE

-- name: step
SELECT first_seq, last_seq FROM steps
WHERE thread_id = %(thread)s AND turn_id = %(turn)s AND step = %(step)s AND ordinal = %(ordinal)s AND fan_out = %(fan_out)s

-- name: last_step
SELECT coalesce(max(last_seq), 0) AS seq FROM steps WHERE thread_id = %(thread)s

-- name: events
SELECT e.seq, e.prev, e.type, e.version, e.turn_id, e.at, e.digest, e.hash, p.body, p.salt
FROM events e LEFT JOIN payloads p USING (thread_id, seq)
WHERE e.thread_id = %(thread)s AND e.seq > %(after)s AND e.seq <= %(upto)s
ORDER BY e.seq

-- name: turn_events
SELECT e.seq, e.prev, e.type, e.version, e.turn_id, e.at, e.digest, e.hash, p.body, p.salt
FROM events e LEFT JOIN payloads p USING (thread_id, seq)
WHERE e.thread_id = %(thread)s AND e.turn_id = %(turn)s AND (%(types)s::text[] IS NULL OR e.type = ANY(%(types)s))
ORDER BY e.seq

-- name: latest_of_types
SELECT e.seq, e.prev, e.type, e.version, e.turn_id, e.at, e.digest, e.hash, p.body, p.salt
FROM events e LEFT JOIN payloads p USING (thread_id, seq)
WHERE e.thread_id = %(thread)s AND e.type = ANY(%(types)s) AND e.seq > %(after)s AND e.seq <= %(upto)s
ORDER BY e.seq DESC LIMIT %(limit)s

-- name: append_events
INSERT INTO events (thread_id, seq, prev, type, version, turn_id, at, digest, hash)
SELECT %(thread)s, * FROM unnest(%(seqs)s::bigint[], %(prevs)s::text[], %(types)s::text[], %(versions)s::int[],
                                 %(turns)s::text[], %(ats)s::timestamptz[], %(digests)s::text[], %(hashes)s::text[])

-- name: append_payloads
INSERT INTO payloads (thread_id, seq, salt, body)
SELECT %(thread)s, * FROM unnest(%(seqs)s::bigint[], %(salts)s::bytea[], %(bodies)b::text[])

-- name: append_step
INSERT INTO steps (thread_id, turn_id, step, ordinal, fan_out, first_seq, last_seq)
VALUES (%(thread)s, %(turn)s, %(step)s, %(ordinal)s, %(fan_out)s, %(first)s, %(last)s)

-- name: advance
UPDATE threads SET seq = %(seq)s, head = %(head)s, head_mac = %(head_mac)s, updated_at = %(at)s,
       open_turn = CASE WHEN %(ends)s THEN NULL ELSE coalesce(%(opens)s, open_turn) END
WHERE thread_id = %(thread)s AND seq = %(expected)s
RETURNING seq

-- name: user_threads
SELECT thread_id, updated_at, open_turn FROM threads
WHERE user_id = %(user)s AND seq > 0 AND NOT is_erased AND NOT is_rehearsal
ORDER BY updated_at DESC, thread_id DESC LIMIT %(limit)s OFFSET %(offset)s
