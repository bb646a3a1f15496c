-- name: open_fact
INSERT INTO facts (thread_id, fact_id, key, trust, task, fact, from_version)
VALUES (%(thread)s, %(id)s, %(key)s, %(trust)s, %(task)s, %(held)s, %(seq)s)

-- name: close_fact
UPDATE facts SET to_version = %(seq)s WHERE thread_id = %(thread)s AND fact_id = %(id)s AND to_version IS NULL

-- name: open_rejected
INSERT INTO rejections (thread_id, rejection_id, rejection, from_version)
VALUES (%(thread)s, %(id)s, %(held)s, %(seq)s)

-- name: close_rejected
UPDATE rejections SET to_version = %(seq)s
WHERE thread_id = %(thread)s AND rejection_id = %(id)s AND to_version IS NULL

-- name: open_decision
INSERT INTO decisions (thread_id, decision_id, decision, from_version)
VALUES (%(thread)s, %(id)s, %(held)s, %(seq)s)

-- name: close_decision
UPDATE decisions SET to_version = %(seq)s
WHERE thread_id = %(thread)s AND decision_id = %(id)s AND to_version IS NULL

-- name: mention
WITH before AS (
    UPDATE entities SET to_version = %(seq)s
    WHERE thread_id = %(thread)s AND type = %(type)s AND id = %(id)s AND to_version IS NULL
    RETURNING mentions, first_version, label
)
INSERT INTO entities (thread_id, type, id, label, mentions, first_version, from_version)
SELECT %(thread)s, %(type)s, %(id)s, coalesce(nullif(%(label)s::text, ''), before.label, ''), coalesce(before.mentions, 0) + 1,
       coalesce(before.first_version, %(seq)s), %(seq)s
FROM (VALUES (1)) AS one LEFT JOIN before ON true

-- name: facts
SELECT from_version AS version, fact AS held FROM facts
WHERE thread_id = %(thread)s AND from_version <= %(version)s AND (to_version IS NULL OR to_version > %(version)s)
ORDER BY (task IS NOT DISTINCT FROM %(task)s::text) DESC, from_version DESC LIMIT %(limit)s

-- name: facts_of_keys
SELECT from_version AS version, fact AS held FROM facts
WHERE thread_id = %(thread)s AND key = ANY(%(keys)s) AND to_version IS NULL

-- name: rejections
SELECT from_version AS version, rejection AS held FROM rejections
WHERE thread_id = %(thread)s AND from_version <= %(version)s AND (to_version IS NULL OR to_version > %(version)s)
ORDER BY from_version DESC LIMIT %(limit)s

-- name: decisions
SELECT from_version AS version, decision AS held FROM decisions
WHERE thread_id = %(thread)s AND from_version <= %(version)s AND (to_version IS NULL OR to_version > %(version)s)
ORDER BY from_version DESC LIMIT %(limit)s

-- name: entities
SELECT type, id, label, mentions, first_version FROM entities
WHERE thread_id = %(thread)s AND from_version <= %(version)s AND (to_version IS NULL OR to_version > %(version)s)
ORDER BY mentions DESC, type, id LIMIT %(limit)s
