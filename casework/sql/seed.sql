-- Rows that are there already stay as they are: people may have changed them.

-- name: seed_licensee
INSERT INTO casework.licensees (id, name, trade)
VALUES (%(id)s, %(name)s, %(trade)s)
ON CONFLICT DO NOTHING

-- name: seed_case
INSERT INTO casework.cases (
    id, title, licensee_id, status, status_verified_by, status_verified_at, urgency, risk, assigned_to, access, opened
)
VALUES (
    %(id)s, %(title)s, %(licensee)s, %(status)s, %(status_verified_by)s, %(status_verified_at)s, %(urgency)s, %(risk)s,
    %(assigned_to)s, %(access)s, %(opened)s
)
ON CONFLICT DO NOTHING

-- name: seed_document
-- What people have deleted stays deleted.
INSERT INTO casework.documents (
    id, type, title, case_id, dated, version, verified_by, always_applies, superseded_by
)
SELECT
    %(id)s, %(type)s, %(title)s, %(case)s, %(date)s::date, %(version)s, %(verified_by)s, %(always_applies)s,
    %(superseded_by)s
WHERE NOT EXISTS (SELECT FROM casework.deletions WHERE document_id = %(id)s)
ON CONFLICT DO NOTHING
RETURNING id

-- name: seed_passage
INSERT INTO casework.passages (document_id, number, heading, text)
VALUES (%(document)s, %(number)s, %(heading)s, %(text)s)

-- name: restore_case
UPDATE casework.cases
SET status = %(status)s, status_verified_by = %(status_verified_by)s, status_verified_at = %(status_verified_at)s,
    urgency = %(urgency)s, risk = %(risk)s, version = version + 1
WHERE id = %(id)s
