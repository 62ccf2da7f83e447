-- Once, when the volume of the database is new: a role for each part of the work and a login for each process, as in
-- docs/deployment.md. psql runs it as the server's own superuser, whom no process of Scrip uses.
\set migrate `cat /run/secrets/scrip_migrate`
\set api `cat /run/secrets/scrip_api`
\set worker `cat /run/secrets/scrip_worker`
\set check `cat /run/secrets/scrip_check`

CREATE ROLE scrip_owner;
CREATE ROLE scrip_app;
CREATE ROLE scrip_sequencer;
CREATE ROLE scrip_auditor;
CREATE ROLE scrip_key_admin;

CREATE ROLE scrip_migrate LOGIN PASSWORD :'migrate' IN ROLE scrip_owner;
CREATE ROLE scrip_api     LOGIN PASSWORD :'api' IN ROLE scrip_app, scrip_auditor;
CREATE ROLE scrip_worker  LOGIN PASSWORD :'worker' IN ROLE scrip_app, scrip_auditor, scrip_sequencer, scrip_key_admin;
CREATE ROLE scrip_check   LOGIN PASSWORD :'check' IN ROLE scrip_auditor;
ALTER ROLE scrip_migrate SET role = scrip_owner;

ALTER DATABASE scrip OWNER TO scrip_owner;
REVOKE ALL ON DATABASE scrip FROM PUBLIC;
GRANT CONNECT ON DATABASE scrip TO scrip_migrate, scrip_api, scrip_worker, scrip_check;
