-- name: post
INSERT INTO casework.outbox (key, case_id, licensee_id, subject, text, requested_by, approved_by, posted_at)
VALUES (%(key)s, %(case)s, %(licensee)s, %(subject)s, %(text)s, %(requested_by)s, %(approved_by)s, %(now)s)
ON CONFLICT (tenant_id, key) DO NOTHING

-- name: find
SELECT case_id AS "case", licensee_id AS licensee, subject, text
FROM casework.outbox
WHERE key = %(key)s
