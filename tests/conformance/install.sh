#!/usr/bin/env bash
# Installs the foreign programs that the conformance tests talk to, below the folder given. What cannot be
# installed is left out: its test then says why it is skipped.
set -uo pipefail
folder=${1:?the folder to install into}
here=$(cd "$(dirname "$0")" && pwd)
mkdir -p "$folder"

try() {
  local what=$1
  shift
  if timeout 150 "$@" >"$folder/$what.log" 2>&1; then
    echo "conformance: $what is there"
  else
    echo "conformance: $what could not be installed (see $folder/$what.log)"
  fi
}

if [ ! -d "$folder/python" ]; then
  try python python3 -m venv "$folder/python"
fi
try pip "$folder/python/bin/pip" install -q -r "$here/requirements.txt"
cp "$here/package.json" "$folder/"
try npm npm install --prefix "$folder" --no-audit --no-fund --loglevel=error
if ! command -v bearerbox >/dev/null || ! perl -MNet::SMPP -e1 2>/dev/null; then
  apt-get update -qq >/dev/null 2>&1
  try debian env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends kannel libnet-smpp-perl
fi
exit 0
