-- The spine: threads, their log with bodies apart, and what is derived from it.
-- Run by the migrator, who owns everything; the runtime may add to the log and never change it.

DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'dossier_runtime') THEN
        CREATE ROLE dossier_runtime NOLOGIN NOSUPERUSER NOBYPASSRLS;
    END IF;
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'dossier_eraser') THEN
        CREATE ROLE dossier_eraser NOLOGIN NOSUPERUSER NOBYPASSRLS;
    END IF;
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'dossier_sweeper') THEN
        CREATE ROLE dossier_sweeper NOLOGIN NOSUPERUSER NOBYPASSRLS;
    END IF;
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'dossier_auditor') THEN
        CREATE ROLE dossier_auditor NOLOGIN NOSUPERUSER NOBYPASSRLS;
    END IF;
EXCEPTION WHEN duplicate_object OR unique_violation THEN
    NULL; -- another database of this cluster is being migrated at this moment
END $$;

GRANT dossier_runtime, dossier_eraser, dossier_sweeper, dossier_auditor TO CURRENT_USER;
GRANT USAGE ON SCHEMA dossier TO dossier_runtime, dossier_eraser, dossier_sweeper, dossier_auditor;

CREATE TABLE dossier.tenants (
    tenant_id text PRIMARY KEY DEFAULT current_setting('dossier.tenant'),
    salt bytea NOT NULL CHECK (length(salt) = 32),
    created_at timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE dossier.tenants IS 'With the deployment''s secret, the salt makes the tenant''s keys; without it they are gone.';

CREATE TABLE dossier.threads (
    thread_id text PRIMARY KEY CHECK (length(thread_id) BETWEEN 1 AND 128),
    tenant_id text NOT NULL DEFAULT current_setting('dossier.tenant'),
    user_id text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    seq bigint NOT NULL DEFAULT 0 CHECK (seq >= 0),
    head text NOT NULL,
    head_mac text NOT NULL,
    open_turn text,
    forked_from text,
    is_rehearsal boolean NOT NULL DEFAULT false,
    is_erased boolean NOT NULL DEFAULT false,
    UNIQUE (thread_id, tenant_id), -- what belongs to a thread belongs to its tenant
    UNIQUE (thread_id, is_rehearsal)
);
COMMENT ON COLUMN dossier.threads.is_rehearsal IS 'A fork in which no call that has an effect may run.';
COMMENT ON COLUMN dossier.threads.head_mac IS 'Keyed digest of thread, seq and head: a shortened or rewritten log no longer fits it.';
CREATE INDEX threads_by_user ON dossier.threads (tenant_id, user_id, updated_at DESC);
CREATE INDEX threads_open ON dossier.threads (updated_at) WHERE open_turn IS NOT NULL;

CREATE TABLE dossier.leases (
    thread_id text PRIMARY KEY,
    tenant_id text NOT NULL DEFAULT current_setting('dossier.tenant'),
    holder text NOT NULL,
    token bigint NOT NULL CHECK (token > 0),
    expires_at timestamptz NOT NULL,
    FOREIGN KEY (thread_id, tenant_id) REFERENCES dossier.threads (thread_id, tenant_id)
);
COMMENT ON COLUMN dossier.leases.token IS 'Grows with every change of hands; each write of a run proves that it still holds the newest.';

CREATE TABLE dossier.events (
    thread_id text NOT NULL,
    seq bigint NOT NULL CHECK (seq > 0),
    tenant_id text NOT NULL DEFAULT current_setting('dossier.tenant'),
    prev text NOT NULL,
    type text NOT NULL,
    version int NOT NULL,
    turn_id text,
    at timestamptz NOT NULL,
    digest text NOT NULL,
    hash text NOT NULL,
    PRIMARY KEY (thread_id, seq),
    FOREIGN KEY (thread_id, tenant_id) REFERENCES dossier.threads (thread_id, tenant_id)
);
CREATE INDEX events_by_turn ON dossier.events (thread_id, turn_id, seq);
COMMENT ON TABLE dossier.events IS 'Append-only by privilege; nothing personal stands here.';

CREATE TABLE dossier.payloads (
    thread_id text NOT NULL,
    seq bigint NOT NULL,
    tenant_id text NOT NULL DEFAULT current_setting('dossier.tenant'),
    salt bytea NOT NULL,
    body text NOT NULL,
    PRIMARY KEY (thread_id, seq),
    FOREIGN KEY (thread_id, seq) REFERENCES dossier.events,
    FOREIGN KEY (thread_id, tenant_id) REFERENCES dossier.threads (thread_id, tenant_id)
);

CREATE TABLE dossier.steps (
    thread_id text NOT NULL,
    turn_id text NOT NULL,
    step text NOT NULL,
    ordinal int NOT NULL,
    fan_out int NOT NULL,
    tenant_id text NOT NULL DEFAULT current_setting('dossier.tenant'),
    first_seq bigint NOT NULL,
    last_seq bigint NOT NULL,
    PRIMARY KEY (thread_id, turn_id, step, ordinal, fan_out),
    FOREIGN KEY (thread_id, tenant_id) REFERENCES dossier.threads (thread_id, tenant_id)
);
COMMENT ON TABLE dossier.steps IS 'A step is recorded once; who runs it again is given the events it appended then.';

CREATE TABLE dossier.bodies (
    tenant_id text NOT NULL DEFAULT current_setting('dossier.tenant'),
    digest text NOT NULL,
    body text NOT NULL,
    PRIMARY KEY (tenant_id, digest)
);
COMMENT ON TABLE dossier.bodies IS 'Texts of context items, once per tenant, by keyed digest.';

CREATE TABLE dossier.packages (
    package_id text PRIMARY KEY,
    tenant_id text NOT NULL DEFAULT current_setting('dossier.tenant'),
    thread_id text NOT NULL,
    turn_id text NOT NULL,
    ordinal int NOT NULL,
    hash text NOT NULL,
    manifest text NOT NULL,
    included text[] NOT NULL,
    texts text[] NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    UNIQUE (thread_id, turn_id, ordinal),
    FOREIGN KEY (thread_id, tenant_id) REFERENCES dossier.threads (thread_id, tenant_id)
);
CREATE INDEX packages_by_item ON dossier.packages USING gin (included);
CREATE INDEX packages_by_text ON dossier.packages USING gin (texts);
COMMENT ON COLUMN dossier.packages.texts IS 'Digests of the bodies that it shows: what keeps them from being erased with another thread.';

CREATE TABLE dossier.hidden_items (
    package_id text NOT NULL REFERENCES dossier.packages ON DELETE CASCADE,
    n int NOT NULL CHECK (n > 0),
    tenant_id text NOT NULL DEFAULT current_setting('dossier.tenant'),
    thread_id text NOT NULL,
    item_id text NOT NULL,
    kind text NOT NULL,
    source text NOT NULL,
    scope text NOT NULL,
    PRIMARY KEY (package_id, n),
    FOREIGN KEY (thread_id, tenant_id) REFERENCES dossier.threads (thread_id, tenant_id)
);
COMMENT ON TABLE dossier.hidden_items IS 'What authorisation kept from a package, by name; only the auditor''s role reads it.';

CREATE TABLE dossier.effects (
    thread_id text NOT NULL,
    turn_id text NOT NULL,
    ordinal int NOT NULL,
    call_index int NOT NULL,
    args_hash text NOT NULL,
    tenant_id text NOT NULL DEFAULT current_setting('dossier.tenant'),
    tool text NOT NULL,
    key text NOT NULL UNIQUE,
    status text NOT NULL CHECK (status IN ('intent', 'done', 'failed', 'unknown')),
    outcome text,
    intended_at timestamptz NOT NULL DEFAULT now(),
    settled_at timestamptz,
    in_rehearsal boolean NOT NULL DEFAULT false CHECK (NOT in_rehearsal), -- there is no effect in a rehearsal
    PRIMARY KEY (thread_id, turn_id, ordinal, call_index, args_hash),
    CHECK ((status = 'intent') = (settled_at IS NULL)),
    FOREIGN KEY (thread_id, tenant_id) REFERENCES dossier.threads (thread_id, tenant_id),
    FOREIGN KEY (thread_id, in_rehearsal) REFERENCES dossier.threads (thread_id, is_rehearsal)
);
COMMENT ON TABLE dossier.effects IS 'Intent before, outcome after. An intent without outcome is unknown until someone finds out.';

CREATE TABLE dossier.approvals (
    approval_id text PRIMARY KEY,
    tenant_id text NOT NULL DEFAULT current_setting('dossier.tenant'),
    thread_id text NOT NULL,
    turn_id text NOT NULL,
    ordinal int NOT NULL,
    call_index int NOT NULL,
    tool text NOT NULL,
    effect text NOT NULL CHECK (effect IN ('write', 'irreversible')),
    about text NOT NULL DEFAULT 'call' CHECK (about IN ('call', 'outcome')),
    approvers int NOT NULL DEFAULT 1 CHECK (approvers IN (1, 2)),
    args text NOT NULL,
    args_hash text NOT NULL,
    description text NOT NULL,
    requested_by text NOT NULL,
    requested_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    expires_at timestamptz NOT NULL,
    relied_on text NOT NULL,
    status text NOT NULL DEFAULT 'pending'
        CHECK (status IN ('pending', 'approved', 'edited', 'denied', 'expired', 'superseded')),
    decision text,
    decided_by text,
    decided_at timestamptz,
    interrupt_id text,
    UNIQUE (thread_id, turn_id, ordinal, call_index, about),
    UNIQUE (approval_id, tenant_id),
    CHECK ((status = 'pending') = (decided_at IS NULL)),
    CHECK (status NOT IN ('approved', 'edited') OR decided_by IS NOT NULL),
    FOREIGN KEY (thread_id, tenant_id) REFERENCES dossier.threads (thread_id, tenant_id)
);
COMMENT ON COLUMN dossier.approvals.about IS 'May the call run, or: did a call take place whose outcome is not known?';
CREATE INDEX approvals_waiting ON dossier.approvals (tenant_id, requested_at) WHERE status = 'pending';

CREATE TABLE dossier.approval_votes (
    approval_id text NOT NULL,
    tenant_id text NOT NULL DEFAULT current_setting('dossier.tenant'),
    decided_by text NOT NULL,
    on_behalf_of text,
    args_hash text NOT NULL,
    decision text NOT NULL,
    decided_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (approval_id, decided_by),
    FOREIGN KEY (approval_id, tenant_id) REFERENCES dossier.approvals (approval_id, tenant_id) ON DELETE CASCADE
);
CREATE UNIQUE INDEX approval_votes_authority ON dossier.approval_votes
    (approval_id, coalesce(on_behalf_of, decided_by));
COMMENT ON TABLE dossier.approval_votes IS 'Each yes of a person, to exact arguments; two yeses need two people and two authorities.';

CREATE TABLE dossier.delegations (
    delegation_id text PRIMARY KEY,
    tenant_id text NOT NULL DEFAULT current_setting('dossier.tenant'),
    from_user text NOT NULL,
    from_roles text[] NOT NULL,
    to_user text NOT NULL CHECK (to_user <> from_user),
    reason text NOT NULL,
    granted_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    ends_at timestamptz NOT NULL,
    revoked_at timestamptz,
    CHECK (ends_at > granted_at AND ends_at <= granted_at + interval '92 days')
);
COMMENT ON TABLE dossier.delegations IS 'Who decides in whose place, until when; ended early or by time, never deleted.';
CREATE INDEX delegations_to ON dossier.delegations (tenant_id, to_user, ends_at);

-- What is settled stays settled, whoever asks: first decision wins, an outcome is final.
CREATE FUNCTION dossier.refuse_resettling() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.status IS DISTINCT FROM OLD.status AND OLD.status NOT IN ('pending', 'intent', 'unknown') THEN
        RAISE EXCEPTION '% is settled as %', TG_TABLE_NAME, OLD.status USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN NEW;
END $$;
-- Nothing is approved that not enough people said yes to, all to the same arguments.
CREATE FUNCTION dossier.refuse_unapproved() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (SELECT count(*) FROM dossier.approval_votes WHERE approval_id = NEW.approval_id) < NEW.approvers
        OR (SELECT count(DISTINCT args_hash) FROM dossier.approval_votes WHERE approval_id = NEW.approval_id) > 1 THEN
        RAISE EXCEPTION 'approval % lacks approvers', NEW.approval_id USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER enough_approvers BEFORE UPDATE OF status ON dossier.approvals
    FOR EACH ROW WHEN (OLD.status = 'pending' AND NEW.status IN ('approved', 'edited'))
    EXECUTE FUNCTION dossier.refuse_unapproved();
CREATE TRIGGER settled_once BEFORE UPDATE ON dossier.effects
    FOR EACH ROW EXECUTE FUNCTION dossier.refuse_resettling();
CREATE TRIGGER decided_once BEFORE UPDATE ON dossier.approvals
    FOR EACH ROW EXECUTE FUNCTION dossier.refuse_resettling();

CREATE TABLE dossier.facts (
    thread_id text NOT NULL,
    fact_id text NOT NULL,
    tenant_id text NOT NULL DEFAULT current_setting('dossier.tenant'),
    key text NOT NULL,
    trust text NOT NULL,
    task text,
    fact text NOT NULL,
    from_version bigint NOT NULL,
    to_version bigint,
    PRIMARY KEY (thread_id, fact_id),
    CHECK (to_version > from_version),
    FOREIGN KEY (thread_id, tenant_id) REFERENCES dossier.threads (thread_id, tenant_id)
);
CREATE UNIQUE INDEX facts_one_live_value ON dossier.facts (thread_id, key) WHERE to_version IS NULL;
CREATE INDEX facts_live ON dossier.facts (thread_id, from_version DESC) WHERE to_version IS NULL;
CREATE INDEX facts_learned ON dossier.facts (thread_id, from_version);
CREATE INDEX facts_withdrawn ON dossier.facts (thread_id, to_version DESC) WHERE to_version IS NOT NULL;
CREATE INDEX facts_of_key ON dossier.facts (thread_id, key, from_version);

CREATE TABLE dossier.rejections (
    thread_id text NOT NULL,
    rejection_id text NOT NULL,
    tenant_id text NOT NULL DEFAULT current_setting('dossier.tenant'),
    rejection text NOT NULL,
    from_version bigint NOT NULL,
    to_version bigint,
    PRIMARY KEY (thread_id, rejection_id),
    CHECK (to_version > from_version),
    FOREIGN KEY (thread_id, tenant_id) REFERENCES dossier.threads (thread_id, tenant_id)
);

CREATE TABLE dossier.decisions (
    thread_id text NOT NULL,
    decision_id text NOT NULL,
    tenant_id text NOT NULL DEFAULT current_setting('dossier.tenant'),
    decision text NOT NULL,
    from_version bigint NOT NULL,
    to_version bigint,
    PRIMARY KEY (thread_id, decision_id),
    CHECK (to_version > from_version),
    FOREIGN KEY (thread_id, tenant_id) REFERENCES dossier.threads (thread_id, tenant_id)
);

CREATE TABLE dossier.entities (
    thread_id text NOT NULL,
    type text NOT NULL,
    id text NOT NULL,
    tenant_id text NOT NULL DEFAULT current_setting('dossier.tenant'),
    label text NOT NULL,
    mentions int NOT NULL,
    first_version bigint NOT NULL,
    from_version bigint NOT NULL,
    to_version bigint,
    PRIMARY KEY (thread_id, type, id, from_version, mentions),
    CHECK (to_version >= from_version),
    FOREIGN KEY (thread_id, tenant_id) REFERENCES dossier.threads (thread_id, tenant_id)
);
CREATE UNIQUE INDEX entities_one_live_row ON dossier.entities (thread_id, type, id) WHERE to_version IS NULL;

CREATE TABLE dossier.said (
    thread_id text NOT NULL,
    n int NOT NULL CHECK (n > 0),
    tenant_id text NOT NULL DEFAULT current_setting('dossier.tenant'),
    seq bigint NOT NULL,
    PRIMARY KEY (thread_id, n),
    UNIQUE (thread_id, seq),
    FOREIGN KEY (thread_id, tenant_id) REFERENCES dossier.threads (thread_id, tenant_id)
);
COMMENT ON TABLE dossier.said IS 'Messages and replies of a thread, counted: neighbours and totals without reading the log.';

CREATE TABLE dossier.said_terms (
    thread_id text NOT NULL,
    term text NOT NULL,
    n int NOT NULL,
    tenant_id text NOT NULL DEFAULT current_setting('dossier.tenant'),
    PRIMARY KEY (thread_id, term, n),
    FOREIGN KEY (thread_id, tenant_id) REFERENCES dossier.threads (thread_id, tenant_id)
);
COMMENT ON TABLE dossier.said_terms IS 'Which of them hold a term: read newest first, to a fixed cap, however long the thread.';

CREATE TABLE dossier.erasures (
    erasure_id text PRIMARY KEY,
    tenant_id text NOT NULL DEFAULT current_setting('dossier.tenant'),
    thread_id text NOT NULL,
    seqs bigint[],
    reason text NOT NULL,
    erased_by text NOT NULL,
    erased_at timestamptz NOT NULL DEFAULT now(),
    FOREIGN KEY (thread_id, tenant_id) REFERENCES dossier.threads (thread_id, tenant_id)
);
COMMENT ON COLUMN dossier.erasures.seqs IS 'Which bodies were erased; null for all before the thread_erased event.';

CREATE TABLE dossier.runs (
    thread_id text NOT NULL,
    turn_id text NOT NULL,
    attempt int NOT NULL CHECK (attempt > 0),
    tenant_id text NOT NULL DEFAULT current_setting('dossier.tenant'),
    started_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    outcome text CHECK (outcome IN ('ended', 'waiting', 'failed')),
    problem text,
    PRIMARY KEY (thread_id, turn_id, attempt),
    FOREIGN KEY (thread_id, tenant_id) REFERENCES dossier.threads (thread_id, tenant_id)
);
CREATE INDEX runs_by_age ON dossier.runs (started_at);
COMMENT ON TABLE dossier.runs IS 'Attempts of the endpoint at a turn; one without outcome runs, or its process is gone.';

CREATE UNLOGGED TABLE dossier.chunks (
    thread_id text NOT NULL,
    turn_id text NOT NULL,
    attempt int NOT NULL,
    seq int NOT NULL CHECK (seq > 0),
    tenant_id text NOT NULL DEFAULT current_setting('dossier.tenant'),
    chunk text NOT NULL,
    at timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (thread_id, turn_id, attempt, seq),
    FOREIGN KEY (thread_id, tenant_id) REFERENCES dossier.threads (thread_id, tenant_id)
);
CREATE INDEX chunks_by_age ON dossier.chunks (at);
COMMENT ON TABLE dossier.chunks IS 'What a reply''s stream showed, for minutes: the reply itself is in the log. Lost in a crash of the server.';

CREATE TABLE dossier.usage (
    tenant_id text NOT NULL DEFAULT current_setting('dossier.tenant'),
    scope text NOT NULL CHECK (scope IN ('turn', 'thread', 'user', 'tenant', 'minute')),
    id text NOT NULL,
    period text NOT NULL,
    messages bigint NOT NULL DEFAULT 0,
    model_calls bigint NOT NULL DEFAULT 0,
    tool_calls bigint NOT NULL DEFAULT 0,
    tokens bigint NOT NULL DEFAULT 0,
    spend bigint NOT NULL DEFAULT 0,
    PRIMARY KEY (tenant_id, scope, id)
) WITH (fillfactor = 50);
COMMENT ON TABLE dossier.usage IS 'What was taken of the limits, over all processes, in the newest period of each scope.';
COMMENT ON COLUMN dossier.usage.period IS 'The turn, day or minute (UTC) that is counted; a newer one begins at nothing.';
COMMENT ON COLUMN dossier.usage.spend IS 'Billionths of a US dollar.';

CREATE FUNCTION dossier.seconds_of_day() RETURNS int LANGUAGE sql VOLATILE RETURN
    ceil(extract(epoch FROM date_trunc('day', clock_timestamp()) + interval '1 day' - clock_timestamp()));
COMMENT ON FUNCTION dossier.seconds_of_day IS 'Until the day of the session''s time zone ends.';

CREATE TABLE dossier.applications (
    name text PRIMARY KEY,
    version text NOT NULL,
    installed_at timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE dossier.applications IS 'Which application installed its own tables here; only the migrator writes it.';

-- Privileges: the runtime adds; what it may change is named column by column.
GRANT SELECT ON ALL TABLES IN SCHEMA dossier TO dossier_runtime, dossier_eraser;
REVOKE SELECT ON dossier.hidden_items FROM dossier_runtime, dossier_eraser;
GRANT SELECT ON dossier.hidden_items TO dossier_auditor;
GRANT INSERT ON dossier.tenants, dossier.threads, dossier.leases, dossier.events, dossier.payloads, dossier.steps,
    dossier.bodies, dossier.packages, dossier.hidden_items, dossier.effects, dossier.approvals,
    dossier.approval_votes, dossier.delegations, dossier.facts, dossier.rejections, dossier.decisions, dossier.entities,
    dossier.said, dossier.said_terms, dossier.runs, dossier.chunks, dossier.usage
    TO dossier_runtime;
GRANT UPDATE (outcome, problem) ON dossier.runs TO dossier_runtime;
GRANT UPDATE (period, messages, model_calls, tool_calls, tokens, spend) ON dossier.usage TO dossier_runtime;
GRANT UPDATE (seq, head, head_mac, open_turn, updated_at) ON dossier.threads TO dossier_runtime, dossier_eraser;
GRANT UPDATE (is_erased) ON dossier.threads TO dossier_eraser;
GRANT UPDATE (holder, token, expires_at) ON dossier.leases TO dossier_runtime, dossier_eraser;
GRANT UPDATE (status, outcome, settled_at) ON dossier.effects TO dossier_runtime;
GRANT UPDATE (outcome) ON dossier.effects TO dossier_eraser;
GRANT UPDATE (status, decision, decided_by, decided_at, interrupt_id) ON dossier.approvals TO dossier_runtime;
GRANT UPDATE (revoked_at) ON dossier.delegations TO dossier_runtime;
GRANT UPDATE (to_version) ON dossier.facts, dossier.rejections, dossier.decisions, dossier.entities
    TO dossier_runtime, dossier_eraser;
-- The eraser takes content away and says so in the log; it can't change what the log holds.
GRANT INSERT ON dossier.leases, dossier.events, dossier.payloads, dossier.erasures, dossier.steps, dossier.facts,
    dossier.rejections, dossier.decisions, dossier.entities, dossier.said, dossier.said_terms TO dossier_eraser;
GRANT DELETE ON dossier.payloads, dossier.bodies, dossier.packages, dossier.effects, dossier.approvals, dossier.facts,
    dossier.rejections, dossier.decisions, dossier.entities, dossier.said, dossier.said_terms, dossier.tenants,
    dossier.runs, dossier.chunks, dossier.usage TO dossier_eraser;
-- The sweeper sees which turns are open, in all tenants, and nothing that anyone said.
GRANT SELECT (thread_id, tenant_id, open_turn, updated_at, is_erased) ON dossier.threads TO dossier_sweeper;
GRANT SELECT (thread_id, expires_at) ON dossier.leases TO dossier_sweeper;
GRANT SELECT (thread_id, turn_id, status, requested_at, expires_at) ON dossier.approvals TO dossier_sweeper;
GRANT SELECT (thread_id, turn_id, attempt, outcome, started_at) ON dossier.runs TO dossier_sweeper;
GRANT SELECT (at) ON dossier.chunks TO dossier_sweeper;
GRANT DELETE ON dossier.runs, dossier.chunks TO dossier_sweeper;

-- LangGraph's own tables stand in schema langgraph, made by its own migrations before this file runs.
GRANT USAGE ON SCHEMA langgraph TO dossier_runtime, dossier_eraser, dossier_sweeper;
DO $$
DECLARE name text;
BEGIN
    FOREACH name IN ARRAY ARRAY['checkpoints', 'checkpoint_blobs', 'checkpoint_writes', 'store'] LOOP
        EXECUTE format('ALTER TABLE langgraph.%I ADD COLUMN tenant_id text', name);
        EXECUTE format('ALTER TABLE langgraph.%I ALTER tenant_id SET DEFAULT current_setting(''dossier.tenant''),
                        ALTER tenant_id SET NOT NULL', name);
        EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON langgraph.%I TO dossier_runtime', name);
        EXECUTE format('GRANT SELECT, DELETE ON langgraph.%I TO dossier_eraser', name);
    END LOOP;
END $$;
GRANT SELECT (expires_at), DELETE ON langgraph.store TO dossier_sweeper;
ALTER TABLE langgraph.checkpoint_blobs ALTER COLUMN blob SET STORAGE EXTERNAL;
CREATE INDEX store_by_key ON langgraph.store (key);
COMMENT ON INDEX langgraph.store_by_key IS 'What erases a thread erases what was remembered from it, by its id.';

-- Row-level security, the second wall: no tenant set, no rows. The owner is bound by it too.
DO $$
DECLARE t record;
BEGIN
    FOR t IN SELECT schemaname, tablename FROM pg_tables
             WHERE (schemaname = 'dossier' AND tablename NOT IN ('alembic_version', 'applications'))
                OR (schemaname = 'langgraph' AND tablename NOT IN ('checkpoint_migrations', 'store_migrations')) LOOP
        EXECUTE format('ALTER TABLE %I.%I ENABLE ROW LEVEL SECURITY', t.schemaname, t.tablename);
        EXECUTE format('ALTER TABLE %I.%I FORCE ROW LEVEL SECURITY', t.schemaname, t.tablename);
        EXECUTE format('CREATE POLICY own_tenant ON %I.%I USING (tenant_id = current_setting(''dossier.tenant'', true))
                        WITH CHECK (tenant_id = current_setting(''dossier.tenant'', true))', t.schemaname, t.tablename);
    END LOOP;
END $$;

-- Across tenants, as one role that reads only the columns named above.
CREATE POLICY swept ON dossier.threads FOR SELECT TO dossier_sweeper USING (open_turn IS NOT NULL);
CREATE POLICY swept ON dossier.leases FOR SELECT TO dossier_sweeper USING (true);
CREATE POLICY swept ON dossier.approvals FOR SELECT TO dossier_sweeper USING (status = 'pending');
CREATE POLICY swept ON dossier.runs TO dossier_sweeper USING (true);
CREATE POLICY swept ON dossier.chunks TO dossier_sweeper USING (true);
CREATE POLICY swept ON langgraph.store TO dossier_sweeper USING (expires_at < now());
