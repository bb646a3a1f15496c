-- The tenant is never a parameter: row-level security reads it from the transaction.

-- name: list_cases
SELECT c.*, l.name AS licensee_name
FROM casework.cases AS c
JOIN casework.licensees AS l ON (l.tenant_id, l.id) = (c.tenant_id, c.licensee_id)
ORDER BY c.opened DESC, c.id DESC
LIMIT %(limit)s

-- name: get_case
SELECT c.*, l.name AS licensee_name
FROM casework.cases AS c
JOIN casework.licensees AS l ON (l.tenant_id, l.id) = (c.tenant_id, c.licensee_id)
WHERE c.id = %(case)s

-- name: list_documents
SELECT id, type, title, case_id, dated, version, verified_by, superseded_by
FROM casework.documents
WHERE case_id = ANY(%(cases)s) OR (case_id IS NULL AND %(of_agency)s)
ORDER BY dated DESC, id
LIMIT %(limit)s

-- name: find_cases
-- Those named, in the order of the names, then those of the documents named.
SELECT c.*, l.name AS licensee_name
FROM casework.cases AS c
JOIN casework.licensees AS l ON (l.tenant_id, l.id) = (c.tenant_id, c.licensee_id)
WHERE c.id = ANY(%(ids)s) OR c.id IN (SELECT case_id FROM casework.documents WHERE id = ANY(%(ids)s))
ORDER BY array_position(%(ids)s::text[], c.id), c.id

-- name: search_passages
-- What is in focus comes first, the earlier in the list the higher; then how well the words fit, and what the passage
-- is for: a finding tells more than an introduction, which is a document's first section, and a correction the most,
-- since what it corrects must not be shown without it. Each further passage of the same document weighs less, so that
-- one document can't fill the list.
-- What another document has replaced is found only by who speaks of it by name.
-- At most `cap` passages are ranked, so that a common word can't cost more.
WITH request AS (
    SELECT websearch_to_tsquery('english', %(words)s) AS query
),
narrowed AS (
    SELECT
        d.id, d.type, d.title, d.case_id, d.dated, d.version, d.verified_by, d.superseded_by, p.number, p.heading,
        p.text,
        ts_rank(p.search, request.query, 32) AS rank,
        CASE
            WHEN p.heading ~* %(correcting)s THEN 1
            WHEN p.heading ~* %(telling)s OR p.text ~* %(open)s THEN 0.4
            WHEN p.number = 1 THEN 0
            ELSE 0.2
        END AS telling,
        coalesce(1.0 / near.place, 0) AS focus
    FROM request
    CROSS JOIN casework.passages AS p
    JOIN casework.documents AS d ON (d.tenant_id, d.id) = (p.tenant_id, p.document_id)
    CROSS JOIN LATERAL (
        SELECT min(CASE WHEN f.id IN (d.id, d.case_id) THEN f.place ELSE f.place + 0.5 END) AS place
        FROM unnest(%(focus)s::text[]) WITH ORDINALITY AS f (id, place)
        WHERE f.id IN (d.id, d.case_id) OR (p.heading ~* %(correcting)s AND strpos(p.heading, f.id) > 0)
    ) AS near
    WHERE (d.case_id = ANY(%(cases)s) OR (d.case_id IS NULL AND %(of_agency)s))
        AND NOT (d.always_applies AND p.number = 1)
        AND (d.superseded_by IS NULL OR d.id = ANY(%(focus)s))
        AND (p.search @@ request.query OR near.place IS NOT NULL)
    ORDER BY focus DESC, rank DESC, d.dated DESC, d.id, p.number
    LIMIT %(cap)s
),
weighed AS (
    SELECT *, fit + telling * (1 - fit) AS worth
    FROM (SELECT *, coalesce(rank / nullif(max(rank) OVER (), 0), 0) AS fit FROM narrowed) AS fitted
),
spread AS (
    SELECT *, row_number() OVER (PARTITION BY id ORDER BY worth DESC, number) - 1 AS further
    FROM weighed
)
SELECT
    id, type, title, case_id, dated, version, verified_by, superseded_by, number, heading, text,
    round((10 * focus + worth - 0.3 * further)::numeric, 4)::float8 AS score
FROM spread
ORDER BY score DESC, dated DESC, id, number
LIMIT %(limit)s

-- name: list_notes
SELECT text, written_by, written_at
FROM casework.notes
WHERE case_id = %(case)s
ORDER BY written_at DESC, key
LIMIT %(limit)s

-- name: add_note
INSERT INTO casework.notes (key, case_id, text, written_by, written_at)
VALUES (%(key)s, %(case)s, %(text)s, %(by)s, %(now)s)

-- name: change_status
UPDATE casework.cases
SET status = %(to)s, status_verified_by = %(approved_by)s, status_verified_at = %(now)s, version = version + 1,
    urgency = CASE WHEN %(urgent)s THEN 'urgent' ELSE urgency END
WHERE id = %(case)s AND version = %(version)s
RETURNING version

-- name: record_status_change
INSERT INTO casework.status_changes (
    key, case_id, from_status, to_status, reason, requested_by, approved_by, changed_at
)
VALUES (%(key)s, %(case)s, %(from)s, %(to)s, %(reason)s, %(requested_by)s, %(approved_by)s, %(now)s)

-- name: draft_assessment
INSERT INTO casework.assessments (key, case_id, position, unknown, risk, cites, drafted_by, drafted_at)
VALUES (%(key)s, %(case)s, %(position)s, %(unknown)s, %(risk)s, %(cites)s, %(by)s, %(now)s)

-- name: touch_case
UPDATE casework.cases
SET version = version + 1
WHERE id = %(case)s AND version = %(version)s
RETURNING version

-- name: record_deletion
INSERT INTO casework.deletions (key, case_id, document_id, title, reason, requested_by, approved_by, deleted_at)
SELECT %(key)s, case_id, id, title, %(reason)s, %(requested_by)s, %(approved_by)s, %(now)s
FROM casework.documents
WHERE id = %(document)s AND case_id = %(case)s

-- name: delete_passages
DELETE FROM casework.passages WHERE document_id = %(document)s

-- name: delete_document
DELETE FROM casework.documents WHERE id = %(document)s AND case_id = %(case)s
