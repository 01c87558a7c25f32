#!/bin/sh
# deploy/pack.sh FOLDER: puts into FOLDER what runs of a built rushbench: the files that npm publishes and the dependencies of
# the lock file, without those of development. The image is made of it, and a test runs it.
set -eu
folder=$1
cd "$(dirname "$0")/.."
mkdir -p "$folder"
archive=$(npm pack --ignore-scripts --silent --pack-destination "$folder")
tar -xzf "$folder/$archive" -C "$folder" --strip-components=1
rm "$folder/$archive"
cp package-lock.json "$folder"
cd "$folder"
npm ci --omit=dev --ignore-scripts --prefer-offline --no-audit --no-fund
