-- name: bodies
-- Sent as bytes (b): as text each quote in a body would have to be escaped.
INSERT INTO bodies (digest, body) SELECT * FROM unnest(%(digests)b::text[], %(bodies)b::text[])
ON CONFLICT DO NOTHING

-- name: package
INSERT INTO packages (package_id, thread_id, turn_id, ordinal, hash, manifest, included, texts)
VALUES (%(package_id)s, %(thread)s, %(turn)s, %(ordinal)s, %(hash)s, %(manifest)s, %(included)b::text[], %(texts)b::text[])

-- name: hidden
INSERT INTO hidden_items (package_id, thread_id, item_id, kind, source, scope, n)
SELECT %(package_id)s, %(thread)s, h.*
FROM unnest(%(ids)s::text[], %(kinds)s::text[], %(sources)s::text[], %(scopes)s::text[])
     WITH ORDINALITY AS h (item_id, kind, source, scope, n)

-- name: keep_bodies
SELECT pg_advisory_xact_lock_shared(hashtextextended('dossier bodies ' || current_setting('dossier.tenant'), 0))

-- name: of_call
SELECT package_id, thread_id, turn_id, ordinal, hash, manifest, texts FROM packages
WHERE thread_id = %(thread)s AND turn_id = %(turn)s AND ordinal = %(ordinal)s

-- name: by_id
SELECT package_id, thread_id, turn_id, ordinal, hash, manifest, texts FROM packages WHERE package_id = %(package_id)s

-- name: of_thread
SELECT package_id, thread_id, turn_id, ordinal, hash, manifest, texts FROM packages
WHERE thread_id = %(thread)s ORDER BY created_at, ordinal

-- name: holding
SELECT package_id, thread_id, turn_id, ordinal FROM packages
WHERE included && %(names)s::text[] AND (%(thread)s::text IS NULL OR thread_id = %(thread)s)
ORDER BY created_at DESC LIMIT %(limit)s

-- name: texts_of_call
SELECT b.digest, b.body FROM packages p JOIN bodies b ON b.digest = ANY(p.texts)
WHERE p.thread_id = %(thread)s AND p.turn_id = %(turn)s AND p.ordinal = %(ordinal)s

-- name: texts_by_id
SELECT b.digest, b.body FROM packages p JOIN bodies b ON b.digest = ANY(p.texts) WHERE p.package_id = %(package_id)s

-- name: said
SELECT p.body FROM events e JOIN payloads p USING (thread_id, seq)
WHERE e.thread_id = %(thread)s AND e.turn_id = %(turn)s AND e.type = 'context_package_built'

-- name: hidden_from
SELECT item_id, kind, source, scope FROM hidden_items WHERE package_id = %(package_id)s ORDER BY n
