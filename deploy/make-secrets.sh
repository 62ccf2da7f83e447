#!/bin/sh
# Makes the folder `secrets` beside compose.yaml: passwords, the root key and the log's signing key, a file for each.
# Run it as root, once, with compose.yaml's variables set; where the folder is there it does nothing, and where something
# fails it leaves none.
set -eu
umask 077
mkdir secrets
trap 'rm -rf secrets' EXIT
trap 'exit 130' INT TERM HUP
mkdir secrets/database
openssl rand -hex 32 > secrets/root.key
openssl rand -hex 24 > secrets/database/postgres
for login in scrip_migrate scrip_api scrip_worker scrip_check; do
    openssl rand -hex 24 > "secrets/database/$login"
    printf '*:*:*:%s:%s\n' "$login" "$(cat "secrets/database/$login")" > "secrets/$login.pgpass"
done
# The users of the images: a process reads its own files, and whoever else is on this machine none.
chown -R 999 secrets/database
chown 10001 secrets/root.key secrets/*.pgpass
docker compose run --rm --no-deps --no-TTY migrate key new-signing > secrets/log.key
chown 10001 secrets/log.key
trap - EXIT
