#!/usr/bin/env bash
# Kannel (bearerbox and smsbox) as an ESME: binds to 127.0.0.1:$1, sends one text by HTTP, and stops when its
# standard input is closed. Ports $2 to $4 are free; files go to the folder $5.
set -euo pipefail
smsc=$1 admin=$2 boxes=$3 sendsms=$4 folder=$5
cat >"$folder/kannel.conf" <<CONF
group = core
admin-port = $admin
admin-password = admin
status-password = status
admin-interface = 127.0.0.1
smsbox-port = $boxes
smsbox-interface = 127.0.0.1
log-file = $folder/bearerbox.log
log-level = 1
dlr-storage = internal

group = smsc
smsc = smpp
smsc-id = sim
host = 127.0.0.1
port = $smsc
transceiver-mode = true
smsc-username = esme
smsc-password = secret
system-type = ""
enquire-link-interval = 5
reconnect-delay = 1

group = smsbox
bearerbox-host = 127.0.0.1
bearerbox-port = $boxes
sendsms-port = $sendsms
sendsms-interface = 127.0.0.1
log-file = $folder/smsbox.log
log-level = 1

group = sendsms-user
username = tester
password = foobar
CONF
bearerbox "$folder/kannel.conf" >/dev/null 2>&1 &
bearer=$!
trap 'kill $(jobs -p) 2>/dev/null || true' EXIT
sleep 1
smsbox "$folder/kannel.conf" >/dev/null 2>&1 &
for _ in $(seq 100); do
  if python3 - "$sendsms" <<'PY'
import sys, urllib.request
url = ("http://127.0.0.1:%s/cgi-bin/sendsms?username=tester&password=foobar&to=%%2B12025550125"
       "&from=%%2B15005550006&text=from+Kannel&dlr-mask=31&dlr-url=http%%3A%%2F%%2F127.0.0.1%%3A9%%2F" % sys.argv[1])
try:
    sys.exit(0 if urllib.request.urlopen(url, timeout=2).status == 202 else 1)
except Exception:
    sys.exit(1)
PY
  then
    echo '{"sent":true}'
    break
  fi
  sleep 0.2
done
cat >/dev/null
kill "$bearer"
wait "$bearer" 2>/dev/null || true
