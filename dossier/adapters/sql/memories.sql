-- name: keep
INSERT INTO langgraph.store (prefix, key, value, expires_at)
VALUES (%(prefix)s, %(key)s, %(value)s, %(expires_at)s)
ON CONFLICT (prefix, key) DO NOTHING

-- name: reach
SELECT prefix, key, value FROM langgraph.store
WHERE prefix = ANY(%(prefixes)s) OR (prefix LIKE %(cases)s AND value ->> 'said_by' = %(user)s)
ORDER BY created_at DESC, key
LIMIT %(limit)s

-- name: one
SELECT prefix, key, value FROM langgraph.store
WHERE key = %(key)s AND (prefix = ANY(%(prefixes)s) OR (prefix LIKE %(cases)s AND value ->> 'said_by' = %(user)s))
ORDER BY prefix

-- name: bearing
SELECT prefix, key, value FROM langgraph.store
WHERE prefix = ANY(%(prefixes)s)
  AND (%(all)s OR value @> '{"standing": true}'
       OR to_tsvector('english', value ->> 'text') @@ websearch_to_tsquery('english', %(words)s))
ORDER BY created_at DESC, key
LIMIT %(limit)s

-- name: forget_all
DELETE FROM langgraph.store
WHERE prefix = %(prefix)s OR (prefix LIKE %(cases)s AND value ->> 'said_by' = %(user)s)
RETURNING key
