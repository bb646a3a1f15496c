-- name: take
INSERT INTO usage AS u (scope, id, period, model_calls, tool_calls, tokens, spend)
SELECT s.scope, s.id, coalesce(s.period, to_char(clock_timestamp(), 'YYYY-MM-DD')),
       %(model_calls)s, %(tool_calls)s, %(tokens)s, %(spend)s
FROM unnest(%(scopes)s::text[], %(ids)s::text[], %(periods)s::text[]) AS s (scope, id, period)
ON CONFLICT (tenant_id, scope, id) DO UPDATE SET (period, model_calls, tool_calls, tokens, spend) = (
    SELECT CASE WHEN goes_on THEN u.period ELSE excluded.period END,
           goes_on::int * u.model_calls + excluded.model_calls, goes_on::int * u.tool_calls + excluded.tool_calls,
           goes_on::int * u.tokens + excluded.tokens, goes_on::int * u.spend + excluded.spend
    -- who waited for the row over midnight counts for the day that it has come to
    FROM (SELECT u.period = excluded.period OR (u.scope <> 'turn' AND u.period > excluded.period)) AS w (goes_on)
)
RETURNING scope, model_calls, tool_calls, tokens, spend, dossier.seconds_of_day() AS seconds

-- name: used
SELECT scope, model_calls, tool_calls, tokens, spend, dossier.seconds_of_day() AS seconds FROM usage
WHERE (scope = 'thread' AND id = %(thread)s)
   OR ((scope, id) IN (('user', %(user)s), ('tenant', '')) AND period = to_char(clock_timestamp(), 'YYYY-MM-DD'))

-- name: take_message
INSERT INTO usage AS u (scope, id, period, messages)
VALUES ('minute', '', to_char(clock_timestamp(), 'YYYY-MM-DD HH24:MI'), 1)
ON CONFLICT (tenant_id, scope, id) DO UPDATE SET
    messages = CASE WHEN u.period >= excluded.period THEN u.messages ELSE 0 END + 1,
    period = greatest(u.period, excluded.period)
RETURNING messages, 60 - floor(extract(second FROM clock_timestamp()))::int AS seconds
