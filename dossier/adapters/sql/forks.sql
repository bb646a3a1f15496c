-- name: make
INSERT INTO threads (thread_id, user_id, head, head_mac, seq, forked_from, is_rehearsal)
VALUES (%(fork)s, %(user)s, %(head)s, %(head_mac)s, %(upto)s, %(forked_from)s, %(rehearsal)s)
ON CONFLICT DO NOTHING RETURNING thread_id

-- name: payloads
INSERT INTO payloads (thread_id, seq, salt, body)
SELECT %(fork)s, seq, salt, body FROM payloads WHERE thread_id = %(thread)s AND seq <= %(upto)s

-- name: steps
INSERT INTO steps (thread_id, turn_id, step, ordinal, fan_out, first_seq, last_seq)
SELECT %(fork)s, turn_id, step, ordinal, fan_out, first_seq, last_seq FROM steps
WHERE thread_id = %(thread)s AND last_seq <= %(upto)s

-- name: facts
INSERT INTO facts (thread_id, fact_id, key, trust, task, fact, from_version, to_version)
SELECT %(fork)s, fact_id, key, trust, task, fact, from_version, CASE WHEN to_version <= %(upto)s THEN to_version END
FROM facts WHERE thread_id = %(thread)s AND from_version <= %(upto)s

-- name: rejections
INSERT INTO rejections (thread_id, rejection_id, rejection, from_version, to_version)
SELECT %(fork)s, rejection_id, rejection, from_version, CASE WHEN to_version <= %(upto)s THEN to_version END
FROM rejections WHERE thread_id = %(thread)s AND from_version <= %(upto)s

-- name: decisions
INSERT INTO decisions (thread_id, decision_id, decision, from_version, to_version)
SELECT %(fork)s, decision_id, decision, from_version, CASE WHEN to_version <= %(upto)s THEN to_version END
FROM decisions WHERE thread_id = %(thread)s AND from_version <= %(upto)s

-- name: entities
INSERT INTO entities (thread_id, type, id, label, mentions, first_version, from_version, to_version)
SELECT %(fork)s, type, id, label, mentions, first_version, from_version, CASE WHEN to_version <= %(upto)s THEN to_version END
FROM entities WHERE thread_id = %(thread)s AND from_version <= %(upto)s

-- name: said
INSERT INTO said (thread_id, n, seq)
SELECT %(fork)s, n, seq FROM said WHERE thread_id = %(thread)s AND seq <= %(upto)s

-- name: said_terms
INSERT INTO said_terms (thread_id, term, n)
SELECT %(fork)s, found.term, found.n FROM said_terms AS found
JOIN said ON said.thread_id = found.thread_id AND said.n = found.n
WHERE found.thread_id = %(thread)s AND said.seq <= %(upto)s
