-- name: create_tables
CREATE SCHEMA IF NOT EXISTS casework;

CREATE TABLE IF NOT EXISTS casework.licensees (
    tenant_id text NOT NULL CHECK (tenant_id <> ''),
    id text NOT NULL,
    name text NOT NULL,
    trade text NOT NULL,
    PRIMARY KEY (tenant_id, id)
);

CREATE TABLE IF NOT EXISTS casework.cases (
    tenant_id text NOT NULL CHECK (tenant_id <> ''),
    id text NOT NULL,
    title text NOT NULL,
    licensee_id text NOT NULL,
    status text NOT NULL CHECK (status IN ('received', 'under_review', 'awaiting_licensee', 'escalated', 'closed')),
    status_verified_by text NOT NULL,
    status_verified_at timestamptz NOT NULL,
    urgency text NOT NULL CHECK (urgency IN ('routine', 'urgent')),
    risk text NOT NULL CHECK (risk IN ('low', 'medium', 'high')),
    assigned_to text NOT NULL,
    access text NOT NULL CHECK (access IN ('agency', 'assigned')),
    opened date NOT NULL,
    version integer NOT NULL DEFAULT 1,
    PRIMARY KEY (tenant_id, id),
    FOREIGN KEY (tenant_id, licensee_id) REFERENCES casework.licensees (tenant_id, id)
);

CREATE TABLE IF NOT EXISTS casework.documents (
    tenant_id text NOT NULL CHECK (tenant_id <> ''),
    id text NOT NULL,
    type text NOT NULL,
    title text NOT NULL,
    case_id text,
    dated date NOT NULL,
    version text NOT NULL,
    verified_by text NOT NULL,
    always_applies boolean NOT NULL,
    superseded_by text,
    PRIMARY KEY (tenant_id, id),
    FOREIGN KEY (tenant_id, case_id) REFERENCES casework.cases (tenant_id, id)
);
-- Version 1 had no such column.
ALTER TABLE casework.documents ADD COLUMN IF NOT EXISTS superseded_by text;
CREATE INDEX IF NOT EXISTS documents_case ON casework.documents (tenant_id, case_id);

CREATE TABLE IF NOT EXISTS casework.passages (
    tenant_id text NOT NULL CHECK (tenant_id <> ''),
    document_id text NOT NULL,
    number integer NOT NULL,
    heading text NOT NULL,
    text text NOT NULL,
    search tsvector GENERATED ALWAYS AS (to_tsvector('english', heading || ' ' || text)) STORED,
    PRIMARY KEY (tenant_id, document_id, number),
    FOREIGN KEY (tenant_id, document_id) REFERENCES casework.documents (tenant_id, id)
);
CREATE INDEX IF NOT EXISTS passages_search ON casework.passages USING gin (search);

CREATE TABLE IF NOT EXISTS casework.notes (
    tenant_id text NOT NULL CHECK (tenant_id <> ''),
    key text NOT NULL,
    case_id text NOT NULL,
    text text NOT NULL,
    written_by text NOT NULL,
    written_at timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, key),
    FOREIGN KEY (tenant_id, case_id) REFERENCES casework.cases (tenant_id, id)
);
CREATE INDEX IF NOT EXISTS notes_case ON casework.notes (tenant_id, case_id, written_at);

CREATE TABLE IF NOT EXISTS casework.status_changes (
    tenant_id text NOT NULL CHECK (tenant_id <> ''),
    key text NOT NULL,
    case_id text NOT NULL,
    from_status text NOT NULL,
    to_status text NOT NULL,
    reason text NOT NULL,
    requested_by text NOT NULL,
    approved_by text NOT NULL CHECK (approved_by <> requested_by),
    changed_at timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, key),
    FOREIGN KEY (tenant_id, case_id) REFERENCES casework.cases (tenant_id, id)
);

CREATE TABLE IF NOT EXISTS casework.outbox (
    tenant_id text NOT NULL CHECK (tenant_id <> ''),
    key text NOT NULL,
    case_id text NOT NULL,
    licensee_id text NOT NULL,
    subject text NOT NULL,
    text text NOT NULL,
    requested_by text NOT NULL,
    approved_by text NOT NULL CHECK (approved_by <> requested_by),
    posted_at timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, key),
    FOREIGN KEY (tenant_id, case_id) REFERENCES casework.cases (tenant_id, id),
    FOREIGN KEY (tenant_id, licensee_id) REFERENCES casework.licensees (tenant_id, id)
);

CREATE TABLE IF NOT EXISTS casework.assessments (
    tenant_id text NOT NULL CHECK (tenant_id <> ''),
    key text NOT NULL,
    case_id text NOT NULL,
    position text NOT NULL,
    unknown text NOT NULL,
    risk text NOT NULL CHECK (risk IN ('low', 'medium', 'high')),
    cites text[] NOT NULL CHECK (cites <> '{}'),
    drafted_by text NOT NULL,
    drafted_at timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, key),
    FOREIGN KEY (tenant_id, case_id) REFERENCES casework.cases (tenant_id, id)
);

CREATE TABLE IF NOT EXISTS casework.deletions (
    tenant_id text NOT NULL CHECK (tenant_id <> ''),
    key text NOT NULL,
    case_id text NOT NULL,
    document_id text NOT NULL,
    title text NOT NULL,
    reason text NOT NULL,
    requested_by text NOT NULL,
    approved_by text NOT NULL CHECK (approved_by <> requested_by),
    deleted_at timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, key),
    FOREIGN KEY (tenant_id, case_id) REFERENCES casework.cases (tenant_id, id)
);

-- name: grant_rights
GRANT INSERT ON casework.notes, casework.status_changes, casework.outbox, casework.assessments, casework.deletions
    TO dossier_runtime;
GRANT UPDATE (status, status_verified_by, status_verified_at, urgency, version) ON casework.cases TO dossier_runtime;
GRANT DELETE ON casework.documents, casework.passages TO dossier_runtime;
