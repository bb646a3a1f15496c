-- name: kept
SELECT thread_id, user_id FROM threads WHERE NOT is_erased ORDER BY updated_at
