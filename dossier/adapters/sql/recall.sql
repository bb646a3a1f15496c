-- name: remember
WITH counted AS (
    INSERT INTO said (thread_id, n, seq)
    SELECT %(thread)s, coalesce((SELECT n FROM said WHERE thread_id = %(thread)s ORDER BY n DESC LIMIT 1), 0) + 1, %(seq)s
    RETURNING n
)
INSERT INTO said_terms (thread_id, term, n)
SELECT %(thread)s, term, counted.n FROM counted, unnest(%(terms)b::text[]) AS term

-- name: holding
-- From where to where to look, and how many of the turns there hold each term: one row at least.
WITH span AS (
    SELECT coalesce((SELECT n FROM said WHERE thread_id = %(thread)s AND seq <= %(after)s ORDER BY seq DESC LIMIT 1), 0) AS first,
           coalesce((SELECT n FROM said WHERE thread_id = %(thread)s AND seq < %(before)s ORDER BY seq DESC LIMIT 1), 0) AS last
)
SELECT span.first, span.last, asked.term, (
    SELECT count(*) FROM (
        SELECT FROM said_terms AS found
        WHERE found.thread_id = %(thread)s AND found.term = asked.term AND found.n > span.first AND found.n <= span.last
        LIMIT %(holding)s
    ) AS newest
) AS turns
FROM span LEFT JOIN unnest(%(terms)s::text[]) AS asked (term) ON true

-- name: pool
-- The rule is that of dossier/recall/narrow.py: the best for the rarest terms, their neighbours, then the newest.
WITH best AS (
    SELECT found.n, sum(wanted.weight) AS gain
    FROM unnest(%(terms)s::text[], %(weights)s::bigint[]) AS wanted (term, weight)
    CROSS JOIN LATERAL (
        SELECT n FROM said_terms
        WHERE thread_id = %(thread)s AND term = wanted.term AND n > %(first)s AND n <= %(last)s
        ORDER BY n DESC LIMIT %(holding)s
    ) AS found
    GROUP BY found.n ORDER BY gain DESC, found.n DESC LIMIT %(hits)s
), near AS MATERIALIZED (
    SELECT beside AS n FROM best
    CROSS JOIN LATERAL generate_series(greatest(%(first)s + 1, n - %(around)s), least(%(last)s, n + %(around)s)) AS beside
    GROUP BY beside ORDER BY bool_or(beside = best.n) DESC, beside DESC LIMIT %(pool)s
), newest AS (
    SELECT late AS n FROM generate_series(greatest(%(first)s + 1, %(last)s - 2 * %(pool)s), %(last)s) AS late
    WHERE late NOT IN (SELECT n FROM near)
    ORDER BY late DESC LIMIT %(pool)s - (SELECT count(*) FROM near)
), chosen AS (SELECT n FROM near UNION ALL SELECT n FROM newest)
SELECT said.seq, events.type, events.at, payloads.body::json ->> 'text' AS text,
       payloads.body::json ->> 'role' AS role
FROM chosen
JOIN said ON said.thread_id = %(thread)s AND said.n = chosen.n
JOIN events ON events.thread_id = said.thread_id AND events.seq = said.seq
JOIN payloads ON payloads.thread_id = said.thread_id AND payloads.seq = said.seq
ORDER BY said.seq

-- name: learned
SELECT told.seq, own.key, live.fact AS held, live.from_version AS version, own.fact_id IS DISTINCT FROM live.fact_id AS corrected
FROM unnest(%(seqs)s::bigint[]) AS recalled (seq)
JOIN events AS told ON told.thread_id = %(thread)s AND told.seq = recalled.seq
JOIN events AS learned ON learned.thread_id = told.thread_id AND learned.turn_id = told.turn_id AND learned.type = 'fact_confirmed'
JOIN facts AS own ON own.thread_id = learned.thread_id AND own.from_version = learned.seq AND own.from_version <= %(version)s
LEFT JOIN facts AS live ON live.thread_id = own.thread_id AND live.key = own.key
     AND live.from_version <= %(version)s AND (live.to_version IS NULL OR live.to_version > %(version)s)
ORDER BY array_position(%(seqs)s::bigint[], told.seq), own.key

-- name: withdrawn
SELECT dead.key, dead.fact::json ->> 'value' AS value,
       live.fact::json ->> 'value' AS now, live.from_version AS version
FROM facts AS dead
LEFT JOIN facts AS live ON live.thread_id = dead.thread_id AND live.key = dead.key
     AND live.from_version <= %(version)s AND (live.to_version IS NULL OR live.to_version > %(version)s)
WHERE dead.thread_id = %(thread)s AND dead.to_version > %(after)s AND dead.to_version <= %(version)s
ORDER BY dead.to_version DESC LIMIT %(limit)s
