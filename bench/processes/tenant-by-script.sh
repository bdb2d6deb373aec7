#!/usr/bin/env bash
# The peer of bundle.tenant-vs-script. Starts, for a tenant and its devices, the programs that the
# reference's manage_tenants.sh starts, in its order: for each device a shell, nsc three times and the
# text tools that take the key file apart; then Python and cp for each file, zip, and nsc for the
# server's configuration. Written anew from that list; like the reference it signs and checks nothing.
# Usage: NSC=nsc tenant-by-script.sh ACCOUNT TENANT FOLDER DEVICE...
set -eu

part() {
  sed -n "/BEGIN $1/,/END $1/p" "$2" | grep -v -e '-----' | tr -d '\n'
}

# Called anew for each device, as the reference calls its second script.
if [ "$1" = --device ]; then
  account=$2 tenant=$3 folder=$4 device=$5
  mkdir -p "$folder/credentials"
  "$NSC" add user --account "$account" --name "$device" 2>/dev/null
  "$NSC" edit user --account "$account" --name "$device" \
    --allow-pubsub "device-connect.$tenant.>,_INBOX.>" 2>/dev/null
  creds=$(mktemp)
  "$NSC" generate creds --account "$account" --name "$device" >"$creds" 2>/dev/null
  jwt=$(part 'NATS USER JWT' "$creds")
  seed=$(part 'USER NKEY SEED' "$creds")
  printf '{"device_id":"%s","auth_type":"jwt","tenant":"%s","nats":{"urls":["%s"],"jwt":"%s","nkey_seed":"%s"}}\n' \
    "$device" "$tenant" nats://127.0.0.1:4222 "$jwt" "$seed" | cat >"$folder/credentials/$device.creds.json"
  rm -f "$creds"
  ls -1 "$folder/credentials" >/dev/null
  exit 0
fi

account=$1 tenant=$2 folder=$3
shift 3
for device in "$@"; do
  "$BASH" "$0" --device "$account" "$tenant" "$folder" "$device"
done
mkdir -p "$folder/$tenant/credentials"
for file in "$folder"/credentials/*.creds.json; do
  of=$(python3 -c 'import json, sys; print(json.load(open(sys.argv[1]))["tenant"])' "$file")
  if [ "$of" = "$tenant" ]; then cp "$file" "$folder/$tenant/credentials/"; fi
done
printf 'export TENANT=%s\n' "$tenant" | cat >"$folder/$tenant/tenant-config.env"
(cd "$folder" && zip -qr "$tenant.zip" "$tenant")
"$NSC" generate config --mem-resolver --config-file "$folder/server.conf" 2>/dev/null
