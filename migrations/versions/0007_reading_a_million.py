"""Reading among a million cases: indexes in the order of the lists, and one document of each case for the search."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0007"
down_revision = "0006"

OFFICER = "sikiza_officer"

OPENED = "status IN ('new', 'taken', 'waiting', 'referred') AND lead_id IS NULL AND NOT practice"
RUNNING = "status IN ('new', 'taken', 'referred') AND lead_id IS NULL AND NOT practice"
ENDED = "status NOT IN ('new', 'taken', 'waiting', 'referred') AND NOT practice"
OVER_AT = "LEAST(due_at, desk_due_at)"
ENDED_AT = "COALESCE(closed_at, resolved_at)"
ORDER = ("received_at", "id", "desk", "status", OVER_AT)
AT_THE_DESK = "(ward_code IS NULL OR desk = 'county') AND NOT sensitive"
AT_THE_TOP = "raised_to = 'county_secretary' AND NOT sensitive"

BEFORE = {
    "ix_cases_ward": (("ward_code", "status", "received_at"), None),
    "ix_cases_sub_county": (("sub_county_code", "status", "received_at"), None),
    "ix_cases_department": (("department", "status", "received_at"), None),
    "ix_cases_sensitive": (("status", "received_at"), "sensitive"),
    "ix_cases_desk": (("status", "received_at"), AT_THE_DESK),
    "ix_cases_secretary": (("status", "received_at"), "raised_to = 'county_secretary'"),
}
"""What the lists were read by so far: each held all cases that ever were."""
INDEXES = {
    "ix_cases_ward_open": (("ward_code", *ORDER), OPENED),
    "ix_cases_ward_late": (("ward_code", OVER_AT), RUNNING),
    "ix_cases_ward_ended": (("ward_code", ENDED_AT, "id"), ENDED),
    "ix_cases_ward": (("ward_code", "id"), "NOT sensitive"),
    "ix_cases_sub_county_open": (("sub_county_code", *ORDER), OPENED),
    "ix_cases_sub_county_late": (("sub_county_code", OVER_AT), RUNNING),
    "ix_cases_sub_county_ended": (("sub_county_code", ENDED_AT, "id"), ENDED),
    "ix_cases_sub_county": (("sub_county_code", "id"), "NOT sensitive"),
    "ix_cases_department_open": (("department", *ORDER), OPENED),
    "ix_cases_department_late": (("department", OVER_AT), RUNNING),
    "ix_cases_department_ended": (("department", ENDED_AT, "id"), ENDED),
    "ix_cases_department": (("department", "id"), "NOT sensitive"),
    "ix_cases_department_ward": (("department", "ward_code", "id"), "NOT sensitive"),
    "ix_cases_desk_open": (ORDER, f"{OPENED} AND {AT_THE_DESK}"),
    "ix_cases_desk_ended": ((ENDED_AT, "id"), f"{ENDED} AND {AT_THE_DESK}"),
    "ix_cases_desk": (("id",), AT_THE_DESK),
    "ix_cases_desk_ward": (("ward_code", "id"), AT_THE_DESK),
    "ix_cases_secretary_open": (ORDER, f"{OPENED} AND {AT_THE_TOP}"),
    "ix_cases_secretary_ended": ((ENDED_AT, "id"), f"{ENDED} AND {AT_THE_TOP}"),
    "ix_cases_secretary": (("id",), AT_THE_TOP),
    "ix_cases_secretary_ward": (("ward_code", "id"), AT_THE_TOP),
    "ix_cases_sensitive_open": (("about_ombudsman", *ORDER), f"{OPENED} AND sensitive"),
    "ix_cases_sensitive_ended": (("about_ombudsman", ENDED_AT, "id"), f"{ENDED} AND sensitive"),
    "ix_cases_disputed": (
        ("received_at", "id", "ward_code", "sub_county_code", "department"), f"{OPENED} AND confirmation = 'disputed'",
    ),
    "ix_cases_mine": (("assignee_id", "received_at", "id"), "status = 'taken'"),
    "ix_cases_proposed": (("proposed_by_id",), "proposed_by_id IS NOT NULL"),
    "ix_cases_practice": (("received_at", "id"), "practice"),
}  # fmt: skip

DOCUMENT = """
    CASE WHEN NOT sensitive THEN
        to_tsvector('simple'::regconfig, COALESCE(words, '') || ' ' || COALESCE(landmark, '') || ' ' || reference
                    || ' ' || left(reference, 4) || ' ' || right(reference, 4))
        || array_to_tsvector(array_remove(ARRAY[
            '#ward:' || ward_code::text, '#sub_county:' || sub_county_code::text, '#department:' || department::text,
            CASE WHEN ward_code IS NULL OR desk = 'county' THEN '#desk' END,
            CASE WHEN raised_to = 'county_secretary' THEN '#secretary' END,
            CASE WHEN status IN ('new', 'taken', 'waiting', 'referred') THEN '#open' END
        ], NULL))
    END
"""
WORDS_BEFORE = (
    "to_tsvector('simple'::regconfig, (COALESCE(words, ''::text) || ' '::text)"
    " || COALESCE(landmark, ''::character varying)::text)"
)

OPEN_TO = """
    ward_code = ANY (my_wards) OR sub_county_code = ANY (my_sub_counties) OR department = ANY (my_departments)
    OR 'hotline' = ANY (my_roles) AND (ward_code IS NULL OR desk = 'county' OR id = ANY (my_called_back))
    OR raised_to = 'county_secretary' AND 'county_secretary' = ANY (my_roles)
"""
"""As the policy on `cases` has it (migration 0005)."""
MINE = """
    my_roles text[] := NULLIF(current_setting('sikiza.roles', true), '');
    my_wards integer[] := NULLIF(current_setting('sikiza.wards', true), '');
    my_sub_counties integer[] := NULLIF(current_setting('sikiza.sub_counties', true), '');
    my_departments text[] := NULLIF(current_setting('sikiza.departments', true), '');
    my_conflicts bigint[] := NULLIF(current_setting('sikiza.conflicts', true), '');
    my_called_back bigint[] := CASE WHEN 'hotline' = ANY (my_roles) THEN sikiza_called_back() ELSE '{}' END;
"""

TYPED = """
CREATE FUNCTION sikiza_typed(query text, half boolean) RETURNS tsquery LANGUAGE sql IMMUTABLE AS $$
    SELECT (plain || CASE WHEN half AND plain LIKE '%''' AND query ~ '[[:alnum:]]{3}$' THEN ':*' ELSE '' END)::tsquery
    FROM (SELECT websearch_to_tsquery('simple', query)::text AS plain) AS made
$$
"""
"""What somebody typed as a query; the last word may be `half` of one, from its third letter on. What gets `:*` is what
PostgreSQL itself made of it; behind a bracket, as of `-"a b`, there is no word to go on with."""

WALK = (
    "SELECT part.id, part.document FROM {whose}, LATERAL (SELECT cases.id, cases.document FROM cases WHERE {which}"
    " AND NOT sensitive AND cases.id < earlier ORDER BY cases.id DESC LIMIT near) AS part"
)
HERS = (
    ("unnest(my_wards) AS mine", "ward_code = mine"),
    ("unnest(my_sub_counties) AS mine", "sub_county_code = mine"),
    ("unnest(my_departments) AS mine", "department = mine"),
    ("(SELECT 'hotline' = ANY (my_roles) AS mine) AS held", "mine AND (ward_code IS NULL OR desk = 'county')"),
    ("(SELECT 'county_secretary' = ANY (my_roles) AS mine) AS held", "mine AND raised_to = 'county_secretary'"),
    ("unnest(my_called_back) AS mine", "cases.id = mine"),
)
THERE = (
    ("unnest(whole) AS place", "ward_code = place"),
    ("unnest(my_departments) AS mine, unnest(parts) AS place", "department = mine AND ward_code = place"),
    (
        "(SELECT unnest(parts) AS place WHERE 'hotline' = ANY (my_roles)) AS held",
        "ward_code = place AND (ward_code IS NULL OR desk = 'county')",
    ),
    (
        "(SELECT unnest(parts) AS place WHERE 'county_secretary' = ANY (my_roles)) AS held",
        "ward_code = place AND raised_to = 'county_secretary'",
    ),
    ("unnest(my_called_back) AS mine", "cases.id = mine AND ward_code = ANY (among)"),
)
"""Each part of what she sees has an index in the order of the ids: whose, and which cases."""


def newest(parts: tuple[tuple[str, str], ...], wanted: str) -> str:
    """Puts into `found` what is `wanted` of the newest cases of all parts, `near` of them, and into `gone` how many
    there were: fewer than `near` are all there are."""
    walks = " UNION ALL ".join(WALK.format(whose=whose, which=which) for whose, which in parts)
    return f"""
        SELECT array_agg(id ORDER BY id DESC) FILTER (WHERE {wanted} AND id <> ALL (my_conflicts)), count(*)
        INTO found, gone
        FROM (SELECT DISTINCT ON (id) id, document FROM ({walks}) AS walked ORDER BY id DESC LIMIT near) AS newest;
    """  # noqa: S608


FOUND = f"""
CREATE FUNCTION sikiza_found(wanted tsquery, before bigint, enough integer, walk boolean) RETURNS bigint[]
LANGUAGE plpgsql STABLE SET enable_seqscan = off AS $$
DECLARE
{MINE}
    earlier bigint := COALESCE(before, 9223372036854775807);
    far CONSTANT integer := LEAST(enough * 40, 4000);
    near integer := LEAST(enough * 8, far);
    hers tsquery := (
        SELECT string_agg(quote_literal(lexeme), ' | ') FROM (
            SELECT '#ward:' || unnest(my_wards) UNION ALL SELECT '#sub_county:' || unnest(my_sub_counties)
            UNION ALL SELECT '#department:' || unnest(my_departments)
            UNION ALL SELECT '#desk' WHERE 'hotline' = ANY (my_roles)
            UNION ALL SELECT '#secretary' WHERE 'county_secretary' = ANY (my_roles)
        ) AS sight (lexeme)
    );
    found bigint[];
    gone integer;
BEGIN
    -- A word that is common stands in enough of her newest cases: they are gone through, however many others have it.
    WHILE walk LOOP
        {newest(HERS, "document @@ wanted")}
        IF cardinality(found) >= enough OR gone < near THEN
            RETURN found[1:enough];
        END IF;
        -- Further, unless the first stretch tells that a page would not be full at its end either.
        EXIT WHEN near = far OR COALESCE(cardinality(found), 0) * far < enough * near;
        near := far;
    END LOOP;
    -- A word that is rare has a short list in the index, all the shorter among what is hers.
    RETURN ARRAY(
        SELECT id FROM (
            SELECT id FROM cases WHERE document @@ (wanted && hers)
            UNION SELECT id FROM cases WHERE id = ANY (my_called_back) AND document @@ wanted
        ) AS hit
        WHERE id < earlier AND id <> ALL (my_conflicts) ORDER BY id DESC LIMIT enough
    );
END
$$
"""  # noqa: S608
"""The ids of the newest cases with `wanted` that are open to one of her posts, of those older than `before`."""

LIES_THERE = f"""
CREATE FUNCTION sikiza_lies_there(
    rest tsquery, among integer[], above integer[], before bigint, enough integer
) RETURNS bigint[] LANGUAGE plpgsql STABLE SET enable_seqscan = off AS $$
DECLARE
{MINE}
    earlier bigint := COALESCE(before, 9223372036854775807);
    whole integer[] := ARRAY(
        SELECT ward FROM unnest(among, above) AS named (ward, sub_county)
        WHERE ward = ANY (my_wards) OR sub_county = ANY (my_sub_counties)
    );
    parts integer[] := ARRAY(SELECT unnest(among) EXCEPT SELECT unnest(whole));
    bare CONSTANT boolean := numnode(rest) = 0;
    near integer := CASE WHEN bare THEN enough + cardinality(my_conflicts) ELSE LEAST(enough * 8, 4000) END;
    places tsquery := (SELECT string_agg(format('''#ward:%s''', code), ' | ') FROM unnest(among) AS code);
    found bigint[];
    gone integer;
BEGIN
    {newest(THERE, "(bare OR document @@ rest)")}
    IF bare OR cardinality(found) >= enough OR gone < near THEN
        RETURN found[1:enough];
    END IF;
    RETURN ARRAY(
        SELECT id FROM cases
        WHERE document @@ (rest && places) AND id < earlier AND id <> ALL (my_conflicts) AND ({OPEN_TO})
        ORDER BY id DESC LIMIT enough
    );
END
$$
"""  # noqa: S608
"""The ids of the newest cases in the wards `among` with the `rest`, which may be nothing: of those that are open to one
of her posts and older than `before`. `above`: the sub-county of each ward. All that lies in a ward is hers, or what one
of her posts sees there."""

SEARCH = f"""
CREATE FUNCTION sikiza_search(
    query text, before bigint, most integer, is_open boolean DEFAULT NULL,
    rest text DEFAULT NULL, among integer[] DEFAULT '{{}}', above integer[] DEFAULT '{{}}'
) RETURNS SETOF bigint LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public AS $$
DECLARE
{MINE}
    enough CONSTANT integer := LEAST(most, 500);
    page CONSTANT integer := 26;
    state CONSTANT tsquery := CASE is_open WHEN true THEN '''#open''' WHEN false THEN '!''#open''' ELSE '' END;
    whole CONSTANT tsquery := sikiza_typed(query, false) && state;
    half CONSTANT tsquery := sikiza_typed(query, true) && state;
    found bigint[];
BEGIN
    IF numnode(sikiza_typed(query, false)) = 0 THEN
        RETURN;
    END IF;
    IF cardinality(among) > 0 THEN
        found := sikiza_found(whole, before, enough, true)
            || sikiza_lies_there(sikiza_typed(rest, false) && state, among, above, before, enough);
        found := ARRAY(SELECT DISTINCT id FROM unnest(found) AS either (id) ORDER BY id DESC LIMIT enough);
    ELSE
        -- Whatever begins with a word is many words, and a long list: only where a page is not full without them. As
        -- texts, for two queries are equal but for that.
        found := sikiza_found(whole, NULL, page, true);
        IF half::text <> whole::text AND COALESCE(cardinality(found), 0) < page THEN
            found := sikiza_found(half, before, enough, false);
        ELSIF before IS NOT NULL OR enough > page THEN
            found := sikiza_found(whole, before, enough, true);
        END IF;
    END IF;
    RETURN QUERY
    SELECT id FROM cases
    WHERE id = ANY (found[1:enough]) AND NOT sensitive AND id <> ALL (my_conflicts) AND ({OPEN_TO}) ORDER BY id DESC;
END
$$
"""  # noqa: S608
"""The cases with these words that whoever is asking may see and that are not confidential, newest first: `before` has
the last one known. `among`: the wards of which the query may be the name (`above`: the sub-county of each), and `rest`
what else was typed. The last word may be half typed, unless a page of cases has it as it stands or a place stands
beside it.

Full-text operators are not leakproof: under the policies each would be asked of every case that the officer sees, and
the index on the words be of no use. So this asks the index as the owner, and for her jurisdiction itself: every case
of a list is held against her posts before it is told."""
ARGUMENTS = "text, bigint, integer, boolean, text, integer[], integer[]"
OWN = (
    (TYPED, "typed(text, boolean)"),
    (FOUND, "found(tsquery, bigint, integer, boolean)"),
    (LIES_THERE, "lies_there(tsquery, integer[], integer[], bigint, integer)"),
)
"""What the search is made of; nobody else may call it."""

SEARCH_BEFORE = f"""
CREATE FUNCTION sikiza_search(query text, before bigint, most integer) RETURNS SETOF bigint
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public SET plan_cache_mode = force_custom_plan AS $$
DECLARE
{MINE}
    plain text := websearch_to_tsquery('simple', query)::text;
    wanted tsquery := plain || CASE WHEN plain LIKE '%''' AND query ~ '[[:alnum:]]$' THEN ':*' ELSE '' END;
BEGIN
    RETURN QUERY
    SELECT cases.id FROM cases
    WHERE {WORDS_BEFORE} @@ wanted
      AND NOT sensitive AND (before IS NULL OR id < before) AND id <> ALL (my_conflicts) AND ({OPEN_TO})
    ORDER BY id DESC LIMIT LEAST(most, 100);
END
$$
"""  # noqa: S608


def upgrade() -> None:
    """Writes every row of `cases` anew: at a million that takes minutes (docs/runbook.md)."""
    # Dropped before the rows are written: what goes anyway need not be written first.
    for name in BEFORE:
        op.drop_index(name, table_name="cases")
    op.drop_index("ix_cases_words", table_name="cases")
    op.add_column(
        "cases", sa.Column("document", postgresql.TSVECTOR(), sa.Computed(DOCUMENT, persisted=True), nullable=True)
    )
    for name, (columns, condition) in INDEXES.items():
        _make(name, columns, condition)
    op.create_index(
        "ix_cases_document", "cases", ["document"], postgresql_using="gin", postgresql_with={"fastupdate": "off"}
    )
    op.execute("DROP FUNCTION sikiza_search(text, bigint, integer)")
    for function, arguments in OWN:
        op.execute(function)
        op.execute(f"REVOKE ALL ON FUNCTION sikiza_{arguments} FROM PUBLIC")
    op.execute(SEARCH)
    _grant(ARGUMENTS)


def _make(name: str, columns: tuple[str, ...], condition: str | None) -> None:
    parts = [sa.text(column) if "(" in column else column for column in columns]
    op.create_index(name, "cases", parts, postgresql_where=sa.text(condition) if condition else None)


def _grant(arguments: str) -> None:
    op.execute(f"REVOKE ALL ON FUNCTION sikiza_search({arguments}) FROM PUBLIC")
    op.execute(f"GRANT EXECUTE ON FUNCTION sikiza_search({arguments}) TO {OFFICER}")


def downgrade() -> None:
    op.execute(f"DROP FUNCTION sikiza_search({ARGUMENTS})")
    for _, arguments in reversed(OWN):
        op.execute(f"DROP FUNCTION sikiza_{arguments}")
    op.drop_index("ix_cases_document", table_name="cases")
    for name in INDEXES:
        op.drop_index(name, table_name="cases")
    op.drop_column("cases", "document")
    op.create_index(
        "ix_cases_words", "cases", [sa.text(WORDS_BEFORE)], postgresql_using="gin",
        postgresql_where=sa.text("NOT sensitive"),
    )  # fmt: skip
    for name, (columns, condition) in BEFORE.items():
        _make(name, columns, condition)
    op.execute(SEARCH_BEFORE)
    _grant("text, bigint, integer")
