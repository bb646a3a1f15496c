-- name: take
WITH taken AS (
    INSERT INTO usage (period, began_at, messages) VALUES ('minute', date_trunc('minute', clock_timestamp()), 1)
    ON CONFLICT (tenant_id, period, began_at) DO UPDATE SET messages = usage.messages + 1
    RETURNING messages
)
SELECT messages, coalesce((
           SELECT tokens FROM usage WHERE period = 'day' AND began_at = date_trunc('day', clock_timestamp())
       ), 0) AS tokens,
       60 - floor(extract(second FROM clock_timestamp()))::int AS seconds_left,
       ceil(extract(epoch FROM date_trunc('day', clock_timestamp()) + interval '1 day' - clock_timestamp()))::int
           AS seconds_of_day
FROM taken

-- name: spend
INSERT INTO usage (period, began_at, tokens) VALUES ('day', date_trunc('day', clock_timestamp()), %(tokens)s)
ON CONFLICT (tenant_id, period, began_at) DO UPDATE SET tokens = usage.tokens + excluded.tokens
