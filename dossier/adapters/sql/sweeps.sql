-- name: cut_off
SELECT t.tenant_id, t.thread_id, t.open_turn FROM threads t LEFT JOIN leases l USING (thread_id)
LEFT JOIN LATERAL (
    SELECT count(*) FILTER (WHERE r.outcome IS NULL) AS crashes, (array_agg(r.outcome ORDER BY r.attempt DESC))[1] AS last
    FROM runs r WHERE r.thread_id = t.thread_id AND r.turn_id = t.open_turn
) tried ON true
WHERE t.open_turn IS NOT NULL AND NOT t.is_erased
  AND t.updated_at < clock_timestamp() - make_interval(secs => %(grace)s)
  AND coalesce(l.expires_at, '-infinity') <= clock_timestamp()
  AND coalesce(tried.last, '') <> 'failed' AND tried.crashes < %(tries)s
  AND NOT EXISTS (
      SELECT FROM approvals a WHERE a.thread_id = t.thread_id AND a.status = 'pending' AND a.expires_at > clock_timestamp()
  )
ORDER BY t.updated_at LIMIT %(limit)s

-- name: old_chunks
DELETE FROM chunks WHERE at < clock_timestamp() - make_interval(secs => %(seconds)s)

-- name: old_runs
DELETE FROM runs r WHERE r.started_at < clock_timestamp() - make_interval(days => 1)
  AND NOT EXISTS (SELECT FROM threads t WHERE t.thread_id = r.thread_id AND t.open_turn = r.turn_id)

-- name: old_memories
DELETE FROM langgraph.store WHERE expires_at < now()

-- name: state
SELECT (SELECT count(*) FROM threads t WHERE t.open_turn IS NOT NULL AND NOT t.is_erased
            AND t.updated_at < clock_timestamp() - make_interval(secs => %(stuck)s)
            AND NOT EXISTS (SELECT FROM approvals a WHERE a.thread_id = t.thread_id AND a.status = 'pending')) AS stuck,
       count(*) AS waiting,
       coalesce(extract(epoch FROM clock_timestamp() - min(requested_at)), 0)::float AS oldest
FROM approvals WHERE status = 'pending' AND expires_at > clock_timestamp()
