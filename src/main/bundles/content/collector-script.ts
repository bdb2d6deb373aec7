import type { Parcel } from './content-file.ts'
import { CA_PATH } from './credential-files.ts'
import { hostPorts } from './host-ports.ts'
import { REACH_FUNCTION } from './reach-function.ts'
import { shellWord } from './shell-text.ts'

/**
 * `install.sh` of a collector: POSIX sh, safe to run again, checks what it did, and takes everything away again.
 * `DESTDIR` installs below another root, `--no-systemd` leaves the service out.
 */
export function collectorScript({ urls }: Parcel, hasCa: boolean): string {
  const files = ['nats.creds', 'config.json', ...(hasCa ? [CA_PATH] : [])]
  return `#!/bin/sh
# Installs the collector. Safe to run again; "uninstall" takes it away, "check" only looks.
#   install.sh [install|check|uninstall] [--no-systemd] [--exec COMMAND]
# DESTDIR=/somewhere installs below another root, for packaging and for tests.
set -eu

NAME=device-collector
FOLDER="\${DESTDIR:-}/etc/$NAME"
UNIT="\${DESTDIR:-}/etc/systemd/system/$NAME.service"
RUNNER="$FOLDER/run.sh"
HOSTS=${shellWord(hostPorts(urls).join(' '))}
HERE=$(cd "$(dirname "$0")" && pwd)

say() { printf '%s\\n' "$*"; }
fail() { printf 'install.sh: %s\\n' "$*" >&2; exit 1; }

verb=install
systemd=yes
command=
while [ $# -gt 0 ]; do
  case "$1" in
    install|check|uninstall) verb=$1 ;;
    --no-systemd) systemd=no ;;
    --exec) [ $# -ge 2 ] || fail "--exec needs a command"; command=$2; shift ;;
    *) fail "unknown word: $1" ;;
  esac
  shift
done
[ -z "\${DESTDIR:-}" ] || systemd=no
command -v systemctl >/dev/null 2>&1 && [ -d /run/systemd/system ] || systemd=no

${REACH_FUNCTION}
check() {
  [ -s "$HERE/nats.creds" ] || [ -s "$FOLDER/nats.creds" ] || fail "nats.creds is missing: unpack the whole bundle"
  reached=
  for place in $HOSTS; do
    if reach "\${place%:*}" "\${place##*:}"; then say "ok: $place answers"; reached=yes
    else say "not reached: $place"; fi
  done
  [ -n "$reached" ] || { say "No address of the mesh answers from here: look at the network, the firewall (outgoing TCP) and the address."; return 2; }
}

place() { # FROM TO MODE: whole or not at all
  mkdir -p "$(dirname "$2")"
  cp "$1" "$2.new"
  chmod "$3" "$2.new"
  mv -f "$2.new" "$2"
}

install_all() {
  for file in ${files.map(shellWord).join(' ')}; do [ -s "$HERE/$file" ] || fail "$file is missing: unpack the whole bundle"; done
  [ -n "\${DESTDIR:-}" ] || [ "$(id -u)" = 0 ] || fail "run it as root: sudo sh install.sh"
  umask 077
  mkdir -p "$FOLDER"
  place "$HERE/nats.creds" "$FOLDER/nats.creds" 600
  place "$HERE/config.json" "$FOLDER/config.json" 644
${hasCa ? `  place "$HERE/${CA_PATH}" "$FOLDER/${CA_PATH}" 644\n` : ''}  if [ -n "$command" ]; then printf '%s\\n' "$command" > "$FOLDER/command.new"; mv -f "$FOLDER/command.new" "$FOLDER/command"; fi
  cat > "$RUNNER.new" <<'RUNNER'
#!/bin/sh
# Started by the service, in the folder of config.json.
set -eu
cd "$(dirname "$0")"
if [ -s command ]; then exec sh -c "$(cat command)"; fi
exec python3 - <<'PYTHON'
import asyncio, json, os, shutil, sys
config = json.load(open("config.json"))
nats = config["nats"]
ca = nats.get("tls", {}).get("ca_file")
if shutil.which("nats") and len(config["subjects"]) > 0:
    line = ["nats", "--server", ",".join(nats["urls"]), "--creds", nats["credentials_file"], "--inbox-prefix", nats["inbox_prefix"]]
    os.execvp("nats", line + (["--tlsca", ca] if ca else []) + ["sub", *config["subjects"]])
try:
    import nats as client
except ImportError:
    sys.exit("Neither the nats tool nor nats-py is installed: pip install nats-py[nkeys], or install.sh --exec COMMAND")
async def main():
    import ssl
    tls = ssl.create_default_context(cafile=ca) if ca else None
    connection = await client.connect(servers=nats["urls"], user_credentials=nats["credentials_file"], inbox_prefix=nats["inbox_prefix"].encode(), max_reconnect_attempts=-1, **({"tls": tls} if tls else {}))
    async def tell(message):
        print(message.subject, message.data.decode("utf-8", "replace"), flush=True)
    for subject in config["subjects"]:
        await connection.subscribe(subject, cb=tell)
    await connection.flush()
    print("listening", flush=True)
    await asyncio.Event().wait()
asyncio.run(main())
PYTHON
RUNNER
  chmod 755 "$RUNNER.new"
  mv -f "$RUNNER.new" "$RUNNER"
  mkdir -p "$(dirname "$UNIT")"
  cat > "$UNIT.new" <<'UNIT'
[Unit]
Description=Collector of device events
Wants=network-online.target
After=network-online.target

[Service]
WorkingDirectory=/etc/device-collector
ExecStart=/etc/device-collector/run.sh
Restart=always
RestartSec=5
NoNewPrivileges=yes
ProtectSystem=strict
ProtectHome=yes
PrivateTmp=yes

[Install]
WantedBy=multi-user.target
UNIT
  chmod 644 "$UNIT.new"
  mv -f "$UNIT.new" "$UNIT"
  cmp -s "$HERE/nats.creds" "$FOLDER/nats.creds" || fail "the credential did not arrive whole in $FOLDER"
  say "installed: $FOLDER"
  if [ "$systemd" = yes ]; then
    systemctl daemon-reload
    systemctl enable --quiet "$NAME.service"
    systemctl restart "$NAME.service"
    systemctl is-active --quiet "$NAME.service" || fail "the service does not run: journalctl -u $NAME"
    say "running: $NAME.service"
  else
    say "no service was started; by hand: $RUNNER"
  fi
}

uninstall() {
  if [ "$systemd" = yes ]; then systemctl disable --now --quiet "$NAME.service" 2>/dev/null || true; fi
  rm -f "$UNIT" "$RUNNER" "$FOLDER/nats.creds" "$FOLDER/config.json" "$FOLDER/command" "$FOLDER/${CA_PATH}"
  rmdir "$FOLDER/certs" "$FOLDER" 2>/dev/null || true
  if [ "$systemd" = yes ]; then systemctl daemon-reload; fi
  if [ -d "$FOLDER" ]; then say "taken away; files of yours stay in $FOLDER"; else say "taken away: $FOLDER"; fi
}

case "$verb" in
  check) check ;;
  uninstall) uninstall ;;
  install) check || say "Going on: it connects by itself once the mesh can be reached."; install_all ;;
esac
`
}
