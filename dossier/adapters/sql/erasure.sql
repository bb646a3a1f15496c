-- name: alone
SELECT pg_advisory_xact_lock(hashtextextended('dossier bodies ' || current_setting('dossier.tenant'), 0))

-- name: note
INSERT INTO erasures (erasure_id, thread_id, seqs, reason, erased_by)
VALUES (%(erasure_id)s, %(thread)s, %(seqs)s, %(reason)s, %(by)s)

-- name: all_payloads
DELETE FROM payloads WHERE thread_id = %(thread)s
   AND seq < (SELECT max(seq) FROM events WHERE thread_id = %(thread)s AND type = 'thread_erased')

-- name: effects
DELETE FROM effects WHERE thread_id = %(thread)s

-- name: counts
DELETE FROM usage WHERE scope IN ('turn', 'thread') AND id = %(thread)s

-- name: mark
UPDATE threads SET is_erased = true WHERE thread_id = %(thread)s

-- name: payloads
DELETE FROM payloads WHERE thread_id = %(thread)s AND seq = ANY(%(seqs)s)

-- name: orphaned_bodies
DELETE FROM bodies b
WHERE b.digest IN (SELECT unnest(own.texts) FROM packages own WHERE own.thread_id = %(thread)s)
  AND NOT EXISTS (SELECT FROM packages other WHERE other.thread_id <> %(thread)s AND other.texts @> ARRAY[b.digest])

-- name: memories
DELETE FROM langgraph.store WHERE key = ANY(%(ids)s) AND value ->> 'thread' = %(thread)s

-- name: derived
WITH packages AS (DELETE FROM packages WHERE thread_id = %(thread)s),
     facts AS (DELETE FROM facts WHERE thread_id = %(thread)s),
     rejections AS (DELETE FROM rejections WHERE thread_id = %(thread)s),
     decisions AS (DELETE FROM decisions WHERE thread_id = %(thread)s),
     entities AS (DELETE FROM entities WHERE thread_id = %(thread)s),
     said AS (DELETE FROM said WHERE thread_id = %(thread)s),
     terms AS (DELETE FROM said_terms WHERE thread_id = %(thread)s),
     approvals AS (DELETE FROM approvals WHERE thread_id = %(thread)s),
     outcomes AS (UPDATE effects SET outcome = NULL WHERE thread_id = %(thread)s),
     runs AS (DELETE FROM runs WHERE thread_id = %(thread)s),
     chunks AS (DELETE FROM chunks WHERE thread_id = %(thread)s),
     blobs AS (DELETE FROM langgraph.checkpoint_blobs WHERE thread_id = %(thread)s),
     writes AS (DELETE FROM langgraph.checkpoint_writes WHERE thread_id = %(thread)s)
DELETE FROM langgraph.checkpoints WHERE thread_id = %(thread)s
