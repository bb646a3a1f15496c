-- Another agency on the same database, whose case has the same number as one of ours.
INSERT INTO casework.licensees (tenant_id, id, name, trade)
VALUES ('farport', 'ACME-77', 'Farport Acme', 'cold store')
ON CONFLICT DO NOTHING;

INSERT INTO casework.cases (
    tenant_id, id, title, licensee_id, status, status_verified_by, status_verified_at, urgency, risk, assigned_to,
    access, opened
)
VALUES (
    'farport', 'C-1042', 'Farport fish', 'ACME-77', 'received', 'f.boss', '2026-01-02', 'routine', 'low', 'f.clerk',
    'agency', '2026-01-01'
)
ON CONFLICT DO NOTHING;

INSERT INTO casework.documents (
    tenant_id, id, type, title, case_id, dated, version, verified_by, always_applies
)
VALUES (
    'farport', 'IR-99', 'inspection_report', 'Inspection report IR-99, Farport', 'C-1042', '2026-11-01', '1', 'f.boss',
    false
)
ON CONFLICT DO NOTHING;

INSERT INTO casework.passages (tenant_id, document_id, number, heading, text)
VALUES ('farport', 'IR-99', 1, 'Finding', 'Key finding of the report: the zanzibar crate was opened.')
ON CONFLICT DO NOTHING;
