-- name: kept
SELECT thread_id, user_id, updated_at FROM threads WHERE NOT is_erased ORDER BY updated_at
