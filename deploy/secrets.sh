#!/bin/sh
# deploy/secrets.sh: prints the secrets that a namespace needs, with passwords made at random, for:
#   deploy/secrets.sh mariadb | kubectl --namespace rushbench-vaccination create --filename -
# Its word is the database in the cluster that the API uses, mariadb or postgres; without it there is no secret of a database,
# which is somebody else's then. `create` refuses to change secrets that are there.
set -eu

usage() {
  echo "Usage: deploy/secrets.sh [mariadb|postgres]" >&2
  exit 2
}

[ $# -le 1 ] || usage
case ${1-} in
  '') url= ;;
  mariadb) url=mysql://rushbench:PASSWORD@rushbench-database:3306/rushbench ;;
  postgres) url=postgres://rushbench:PASSWORD@rushbench-database:5432/rushbench ;;
  *) usage ;;
esac

secret() {
  password=$(openssl rand -hex 32)
  cat <<SECRET
---
apiVersion: v1
kind: Secret
metadata:
  name: rushbench-$1
  labels:
    app.kubernetes.io/part-of: rushbench
type: Opaque
stringData:
  password: $password
SECRET
  [ -z "${2-}" ] || echo "  url: $2" | sed "s/PASSWORD/$password/"
}

[ -z "$url" ] || secret database "$url"
secret queue redis://:PASSWORD@rushbench-queue:6379/0
secret cache redis://:PASSWORD@rushbench-cache:6379/0
secret broker nats://rushbench:PASSWORD@rushbench-broker:4222
# The parts of meetups show it each other.
secret service
