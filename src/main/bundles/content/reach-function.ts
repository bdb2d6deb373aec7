/** A function for POSIX shells: `reach HOST PORT`, by whatever the machine has for it. */
export const REACH_FUNCTION = `reach() { # HOST PORT: whether something answers there, within 5 s
  if command -v python3 >/dev/null 2>&1; then
    python3 -c 'import socket, sys; socket.create_connection((sys.argv[1], int(sys.argv[2])), 5).close()' "$1" "$2" 2>/dev/null
  elif command -v nc >/dev/null 2>&1; then
    nc -z -w 5 "$1" "$2" >/dev/null 2>&1
  elif command -v bash >/dev/null 2>&1; then
    timeout 5 bash -c 'exec 3<>"/dev/tcp/$0/$1"' "$1" "$2" 2>/dev/null
  else
    return 1
  fi
}
`
