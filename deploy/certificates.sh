#!/bin/sh
# deploy/certificates.sh: prints the secret by which the parts of meetups in pods of their own encrypt what they say, and trust each other:
#   deploy/certificates.sh | kubectl --namespace rushbench-meetups-parts create --filename -
# One certificate for all of them, for two years, by an authority whose key is thrown away. To renew it, delete the secret, print another,
# and restart the Deployments. Its words are further names that the certificate is for.
set -eu

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
umask 077
names=DNS:rushbench-user,DNS:rushbench-post,DNS:rushbench-chat,DNS:rushbench-image,DNS:rushbench-saga
for name; do names=$names,DNS:$name; done

certify() {
  file=$1
  shift
  openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 730 \
    -keyout "$folder/$file.key" -out "$folder/$file.crt" "$@" 2>"$folder/problems" || {
    cat "$folder/problems" >&2
    exit 1
  }
}

certify ca -subj '/CN=rushbench parts'
certify tls -subj /CN=rushbench-part -CA "$folder/ca.crt" -CAkey "$folder/ca.key" \
  -addext basicConstraints=critical,CA:FALSE -addext "subjectAltName=$names"

cat <<SECRET
---
apiVersion: v1
kind: Secret
metadata:
  name: rushbench-service-tls
  labels:
    app.kubernetes.io/part-of: rushbench
type: Opaque
stringData:
SECRET
for file in ca.crt tls.crt tls.key; do
  echo "  $file: |"
  sed 's/^/    /' "$folder/$file"
done
