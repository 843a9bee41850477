"""The second fence: row-level policies for the officers' roles, and histories that nobody can rewrite."""

from __future__ import annotations

from alembic import op

revision = "0005"
down_revision = "0004"

OFFICER = "sikiza_officer"
AUDITOR = "sikiza_auditor"

WRITES = (
    "UPDATE ON cases",
    "INSERT ON case_event",
    "INSERT, UPDATE ON message",
    "INSERT, UPDATE ON question",
    "UPDATE ON call_back",
    "INSERT ON number_look",
    "INSERT ON announcement",
    "INSERT ON spending_limit",
    "DELETE ON outbox_halt",
    "UPDATE (case_id, ward_code) ON ussd_charge",
    "UPDATE (status, why, case_id, attempts, next_try_at, settled_by) ON incoming_sms",
)
"""What the officers' role could write so far. All of it is now the owner's to write, after a look through the fence."""
LOCKS = ("cases", "call_back", "incoming_sms")
"""Whose rows are locked while they are looked at. That takes a right to write, which the policies give nobody."""
READS = (
    "SELECT ON post, absence, ward_cover, case_conflict, audit, notice",
    "SELECT (phone_mask, left_at, seen_at) ON officer",
    "SELECT (id, phone_mask, name, added_by, added_at) ON trainer",
    "SELECT (about_ombudsman) ON incoming_sms",
)
AUDITOR_READS = (
    "SELECT (id, reference, kind, channel, category, problem, sensitive, ward_code, sub_county_code, department, desk,"
    " status, ending, confirmation, incomplete, practice, assignee_id, received_at, due_at, desk_since, desk_due_at,"
    " raised_to, raised_at, answer_by, next_step_at, news_due_at, accepted_at, resolved_at, closed_at, anonymised_at)"
    " ON cases",
    "SELECT (id, case_id, at, name, officer_id, turn, data) ON case_event",
    "SELECT (id, at, name, officer_id, about_id, case_ids, confidential, data) ON audit",
    "SELECT ON post, absence, ward_cover",
    "SELECT (id, name, active, left_at, seen_at, created_at) ON officer",
)

# Who is asking, as `sikiza_enter` found it. Nothing is set outside an officer's transaction: then nothing is seen.
ROLES = "((SELECT NULLIF(current_setting('sikiza.roles', true), ''))::text[])"
WARDS = "((SELECT NULLIF(current_setting('sikiza.wards', true), ''))::integer[])"
SUB_COUNTIES = "((SELECT NULLIF(current_setting('sikiza.sub_counties', true), ''))::integer[])"
DEPARTMENTS = "((SELECT NULLIF(current_setting('sikiza.departments', true), ''))::text[])"
CONFLICTS = "((SELECT NULLIF(current_setting('sikiza.conflicts', true), ''))::bigint[])"

ENTER = """
CREATE FUNCTION sikiza_enter(who integer) RETURNS text LANGUAGE sql VOLATILE AS $$
    WITH held AS (
        SELECT post.* FROM post JOIN officer ON officer.id = post.officer_id
        WHERE officer.id = who AND officer.active
          AND post.starts_at <= now() AND (post.ends_at IS NULL OR post.ends_at > now())
    ), sight AS (
        SELECT COALESCE(array_agg(role::text), '{}') AS roles,
               COALESCE(array_agg(ward_code) FILTER (WHERE role = 'ward'), '{}') AS wards,
               COALESCE(array_agg(sub_county_code) FILTER (WHERE role = 'sub_county'), '{}') AS sub_counties,
               COALESCE(array_agg(department::text) FILTER (WHERE role IN ('department', 'chief_officer')), '{}')
                   AS departments,
               ARRAY(SELECT case_id FROM case_conflict WHERE officer_id = who) AS conflicts
        FROM held
    )
    SELECT CASE WHEN (
        set_config('sikiza.roles', roles::text, true), set_config('sikiza.wards', wards::text, true),
        set_config('sikiza.sub_counties', sub_counties::text, true),
        set_config('sikiza.departments', departments::text, true),
        set_config('sikiza.conflicts', conflicts::text, true)
    ) IS NOT NULL AND 'auditor' = ANY (roles) THEN 'sikiza_auditor' ELSE 'sikiza_officer' END
    FROM sight
$$
"""
"""Read what an officer holds now into settings that last as long as the transaction, and name the role for it.

The owner calls it, once at the beginning."""

OPEN_TO = """
    ward_code = ANY {wards} OR sub_county_code = ANY {sub_counties} OR department = ANY {departments}
    OR 'hotline' = ANY {roles} AND (ward_code IS NULL OR desk = 'county' OR id = ANY {called_back})
    OR raised_to = 'county_secretary' AND 'county_secretary' = ANY {roles}
"""
"""Who sees a case that is not confidential. The search below asks the same."""
CONFIDENTIAL_TO = f"""
    CASE WHEN about_ombudsman THEN 'county_secretary' = ANY {ROLES} AND 'ombudsman' <> ALL {ROLES}
         ELSE 'ombudsman' = ANY {ROLES} END
"""
SEEN = f"""
    id <> ALL {CONFLICTS} AND CASE WHEN sensitive THEN {CONFIDENTIAL_TO} ELSE {
    OPEN_TO.format(
        wards=WARDS,
        sub_counties=SUB_COUNTIES,
        departments=DEPARTMENTS,
        roles=ROLES,
        called_back="((SELECT sikiza_called_back())::bigint[])",
    )
} END
"""
OF_A_CASE = "EXISTS (SELECT 1 FROM cases WHERE cases.id = {table}.case_id)"
ALL_SEEN = (
    "NOT EXISTS (SELECT 1 FROM unnest(case_ids) AS one WHERE NOT EXISTS (SELECT 1 FROM cases WHERE cases.id = one))"
)
"""The policy on `cases` holds in these, too. What was open when the line was written may be confidential by now."""
ONE_SEEN = "EXISTS (SELECT 1 FROM cases WHERE cases.id = ANY (case_ids))"
"""Enough for a page of a queue, which tells nothing of any of its cases; the pages name those only that are seen.
Whoever may read a case reads who had seen it before it became confidential, too, and who did before its release."""
OF_TEXTS = CONFIDENTIAL_TO.replace("about_ombudsman", "data ->> 'about_ombudsman' = 'true'")
"""A line of the audit about texts that are in no case."""
POLICIES = {
    "cases": SEEN,
    "case_event": OF_A_CASE.format(table="case_event"),
    "message": OF_A_CASE.format(table="message"),
    "question": OF_A_CASE.format(table="question"),
    "number_look": "EXISTS (SELECT 1 FROM call_back WHERE call_back.id = number_look.call_back_id)",
    "case_conflict": OF_A_CASE.format(table="case_conflict"),
    "call_back": f"""
        CASE WHEN case_id IS NULL THEN 'hotline' = ANY {ROLES} ELSE {OF_A_CASE.format(table="call_back")} END
    """,
    "incoming_sms": f"""
        CASE WHEN case_id IS NOT NULL THEN {OF_A_CASE.format(table="incoming_sms")}
             WHEN status <> 'quarantined' THEN false
             WHEN sensitive THEN {CONFIDENTIAL_TO} ELSE 'hotline' = ANY {ROLES} END
    """,
    "ussd_charge": OF_A_CASE.format(table="ussd_charge"),
    "resident": """
        EXISTS (SELECT 1 FROM cases WHERE cases.resident_id = resident.id)
        OR EXISTS (SELECT 1 FROM call_back WHERE call_back.resident_id = resident.id)
    """,
    "audit": f"""
        CASE WHEN case_ids IS NULL THEN NOT confidential AND 'county' = ANY {ROLES}
             WHEN case_ids = '{{}}' THEN confidential AND {OF_TEXTS}
             ELSE '{{ombudsman,county_secretary}}'::text[] && {ROLES} AND CASE WHEN confidential THEN {ALL_SEEN}
                  ELSE EXISTS (SELECT 1 FROM cases WHERE cases.id = ANY (case_ids) AND cases.sensitive) END END
    """,  # noqa: S608
}
AUDITOR_POLICIES = {
    "cases": f"NOT sensitive AND 'auditor' = ANY {ROLES} AND id <> ALL {CONFLICTS}",
    "case_event": OF_A_CASE.format(table="case_event"),
    "audit": f"""
        'auditor' = ANY {ROLES} AND CASE WHEN COALESCE(case_ids, '{{}}') = '{{}}' THEN NOT confidential
             WHEN confidential THEN {ALL_SEEN} ELSE {ONE_SEEN} END
    """,
}

CALLED_BACK = """
CREATE FUNCTION sikiza_called_back() RETURNS bigint[] LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public AS
$$ SELECT ARRAY(SELECT case_id FROM call_back WHERE done_at IS NULL AND case_id IS NOT NULL) $$
"""
"""The cases about which somebody waits for a call: a policy may not look at a table whose own looks at it."""

SEARCH = f"""
CREATE FUNCTION sikiza_search(query text, before bigint, most integer) RETURNS SETOF bigint
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public SET plan_cache_mode = force_custom_plan AS $$
DECLARE
    my_roles text[] := NULLIF(current_setting('sikiza.roles', true), '');
    my_wards integer[] := NULLIF(current_setting('sikiza.wards', true), '');
    my_sub_counties integer[] := NULLIF(current_setting('sikiza.sub_counties', true), '');
    my_departments text[] := NULLIF(current_setting('sikiza.departments', true), '');
    my_conflicts bigint[] := NULLIF(current_setting('sikiza.conflicts', true), '');
    my_called_back bigint[] := CASE WHEN 'hotline' = ANY (my_roles) THEN sikiza_called_back() ELSE '{{}}' END;
    plain text := websearch_to_tsquery('simple', query)::text;
    -- The last word may be half typed; what stands here is what PostgreSQL itself made of the query. Behind a bracket,
    -- as of `-"a b`, there is no word to go on with.
    wanted tsquery := plain || CASE WHEN plain LIKE '%''' AND query ~ '[[:alnum:]]$' THEN ':*' ELSE '' END;
BEGIN
    RETURN QUERY
    SELECT cases.id FROM cases
    WHERE to_tsvector('simple'::regconfig, (COALESCE(words, ''::text) || ' '::text)
                      || COALESCE(landmark, ''::character varying)::text) @@ wanted
      AND NOT sensitive AND (before IS NULL OR id < before) AND id <> ALL (my_conflicts) AND ({
    OPEN_TO.format(
        wards="(my_wards)",
        sub_counties="(my_sub_counties)",
        departments="(my_departments)",
        roles="(my_roles)",
        called_back="(my_called_back)",
    )
})
    ORDER BY id DESC LIMIT LEAST(most, 100);
END
$$
"""  # noqa: S608
"""The open cases with these words that whoever is asking may see, newest first: `before` has the last one known.

Full-text operators are not leakproof: under the policies each would be asked of every case that the officer sees, and
the index on the words be of no use. So this asks the index as the owner, and for her jurisdiction itself."""

KEEP = """
CREATE FUNCTION sikiza_keep_history() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_TABLE_NAME = 'case_event' AND TG_OP = 'UPDATE' THEN
        IF (NEW.words IS NULL OR NEW.words_sealed IS NULL AND NEW.words IS NOT DISTINCT FROM OLD.words)
           AND NEW.data IN (OLD.data, OLD.data - 'other')
           AND ROW (NEW.id, NEW.case_id, NEW.at, NEW.name, NEW.officer_id, NEW.turn)
               IS NOT DISTINCT FROM ROW (OLD.id, OLD.case_id, OLD.at, OLD.name, OLD.officer_id, OLD.turn) THEN
            RETURN NEW; -- words are sealed, or erased; a case that nobody may know of any more is not named
        END IF;
    ELSIF TG_TABLE_NAME = 'audit' AND TG_OP = 'UPDATE' THEN
        IF NEW.address IS NULL AND to_jsonb(NEW) - 'address' = to_jsonb(OLD) - 'address' THEN
            RETURN NEW; -- addresses are kept for a while only
        END IF;
    END IF;
    RAISE EXCEPTION 'histories are only ever appended to' USING ERRCODE = 'insufficient_privilege';
END
$$
"""
HISTORIES = ("case_event", "audit", "number_look")


def upgrade() -> None:
    _make_auditor()
    for right in WRITES:
        op.execute(f"REVOKE {right} FROM {OFFICER}")
    for table in LOCKS:
        op.execute(f"GRANT UPDATE (id) ON {table} TO {OFFICER}")
    for right in READS:
        op.execute(f"GRANT {right} TO {OFFICER}")
    for right in AUDITOR_READS:
        op.execute(f"GRANT {right} TO {AUDITOR}")
    op.execute(ENTER)
    op.execute("REVOKE ALL ON FUNCTION sikiza_enter(integer) FROM PUBLIC")
    op.execute(CALLED_BACK)
    op.execute("REVOKE ALL ON FUNCTION sikiza_called_back() FROM PUBLIC")
    op.execute(f"GRANT EXECUTE ON FUNCTION sikiza_called_back() TO {OFFICER}")
    op.execute(SEARCH)
    op.execute("REVOKE ALL ON FUNCTION sikiza_search(text, bigint, integer) FROM PUBLIC")
    op.execute(f"GRANT EXECUTE ON FUNCTION sikiza_search(text, bigint, integer) TO {OFFICER}")
    for table, condition in POLICIES.items():
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"CREATE POLICY seen ON {table} FOR SELECT TO {OFFICER} USING ({condition})")
    for table in LOCKS:
        op.execute(f"CREATE POLICY locked ON {table} FOR UPDATE TO {OFFICER} USING (true) WITH CHECK (false)")
    for table, condition in AUDITOR_POLICIES.items():
        op.execute(f"CREATE POLICY examined ON {table} FOR SELECT TO {AUDITOR} USING ({condition})")
    op.execute(KEEP)
    for table in HISTORIES:
        op.execute(
            f"CREATE TRIGGER keep_history BEFORE UPDATE OR DELETE ON {table}"
            " FOR EACH ROW EXECUTE FUNCTION sikiza_keep_history()"
        )


def _make_auditor() -> None:
    """As the officers' role in the first migration: all databases of a cluster share it."""
    op.execute(
        f"DO $$ BEGIN IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '{AUDITOR}') THEN"
        f" CREATE ROLE {AUDITOR} NOLOGIN; END IF;"
        " EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $$"
    )
    op.execute(f"DO $$ BEGIN GRANT {AUDITOR} TO CURRENT_USER; EXCEPTION WHEN OTHERS THEN NULL; END $$")
    op.execute(f"GRANT USAGE ON SCHEMA public TO {AUDITOR}")


def downgrade() -> None:
    for table in HISTORIES:
        op.execute(f"DROP TRIGGER keep_history ON {table}")
    op.execute("DROP FUNCTION sikiza_keep_history()")
    for table in AUDITOR_POLICIES:
        op.execute(f"DROP POLICY examined ON {table}")
    for table in LOCKS:
        op.execute(f"DROP POLICY locked ON {table}")
    for table in POLICIES:
        op.execute(f"DROP POLICY seen ON {table}")
        op.execute(f"ALTER TABLE {table} DISABLE ROW LEVEL SECURITY")
    op.execute("DROP FUNCTION sikiza_search(text, bigint, integer)")
    op.execute("DROP FUNCTION sikiza_called_back()")
    op.execute("DROP FUNCTION sikiza_enter(integer)")
    for right in AUDITOR_READS:
        op.execute(f"REVOKE {right} FROM {AUDITOR}")
    op.execute(f"REVOKE USAGE ON SCHEMA public FROM {AUDITOR}")
    for right in READS:
        op.execute(f"REVOKE {right} FROM {OFFICER}")
    for table in LOCKS:
        op.execute(f"REVOKE UPDATE (id) ON {table} FROM {OFFICER}")
    for right in WRITES:
        op.execute(f"GRANT {right} TO {OFFICER}")
