"""The logins of compose.yaml: what the script makes, on a real server, and that it is what the documentation orders."""

import re
import secrets

import asyncpg

from tests.databases import ROOT, DatabaseServer

SCRIPT = (ROOT / "deploy" / "create-logins.sql").read_text()
COMPOSE = (ROOT / "compose.yaml").read_text()
LOGINS = ("scrip_migrate", "scrip_api", "scrip_worker", "scrip_check")
RIGHTS = """
    SELECT replace(login.rolname, $1, 'scrip') AS login,
        array_agg(replace(part.rolname, $1, 'scrip') ORDER BY part.rolname) AS parts
    FROM pg_auth_members JOIN pg_roles login ON login.oid = member JOIN pg_roles part ON part.oid = roleid
    WHERE login.rolname LIKE $1 || '\\_%' AND NOT login.rolsuper AND NOT login.rolcreaterole AND login.rolcanlogin
    GROUP BY 1
"""


def statements(script: str) -> list[str]:
    """What a script says of roles and of the database, without passwords, comments and psql's own commands."""
    plain = re.sub(r"--.*|^\\.*", "", re.sub(r"PASSWORD (:'\w+'|'…')", "PASSWORD", script), flags=re.MULTILINE)
    found = [" ".join(statement.split()) for statement in plain.split(";")]
    return [statement for statement in found if "ROLE" in statement or statement.startswith(("GRANT", "REVOKE"))]


async def test_each_process_gets_its_own_part(server: DatabaseServer) -> None:
    """Nobody may make roles, nobody but the migration owns anything, and nobody connects who is not told to."""
    name = f"scrip_test_{secrets.token_hex(4)}"
    plain = re.sub(r"^\\.*", "", re.sub(r":'\w+'", "'secret'", SCRIPT), flags=re.MULTILINE)
    with server.empty_database() as url:
        connection = await asyncpg.connect(url)
        transaction = connection.transaction()
        await transaction.start()
        try:
            database = await connection.fetchval("SELECT quote_ident(current_database())")
            mine = plain.replace("scrip_", f"{name}_").replace("DATABASE scrip ", f"DATABASE {database} ")
            await connection.execute(mine)
            parts = {row["login"]: row["parts"] for row in await connection.fetch(RIGHTS, name)}
            outsiders = "SELECT has_database_privilege($1, current_database(), $2)"
            may = [
                await connection.fetchval(outsiders, f"{name}_api", right) for right in ("CONNECT", "TEMP", "CREATE")
            ]
            owner = await connection.fetchval(outsiders, f"{name}_owner", "CREATE")
        finally:
            await transaction.rollback()
            await connection.close()

    assert parts == {
        "scrip_migrate": ["scrip_owner"],
        "scrip_api": ["scrip_app", "scrip_auditor"],
        "scrip_worker": ["scrip_app", "scrip_auditor", "scrip_key_admin", "scrip_sequencer"],
        "scrip_check": ["scrip_auditor"],
    }
    assert may == [True, False, False]
    assert owner


def test_the_script_is_what_the_documentation_orders() -> None:
    """A role that is added there is added here; the database itself is the image's to create."""
    guide = (ROOT / "docs" / "deployment.md").read_text()
    ordered = statements(guide[guide.index("CREATE ROLE scrip_owner") : guide.index("| command | login |")])

    assert statements(SCRIPT) == [statement for statement in ordered if statement]


def test_no_process_is_the_servers_superuser() -> None:
    """Each service of Scrip's names one of the logins, and brings its password as a file."""
    named = re.findall(r"postgresql://(\w+)@database/scrip", COMPOSE)

    assert named == list(LOGINS[:3])
    assert all(f"./secrets/{login}.pgpass:/run/scrip/database.pgpass:ro" in COMPOSE for login in named)
    assert all(f"`cat /run/secrets/{login}`" in SCRIPT for login in LOGINS)
    assert "PASSWORD:" not in COMPOSE
