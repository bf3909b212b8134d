#!/bin/sh
# Signs somebody up with nothing but curl: registers, reads the code in the local mailbox of `npm start`, activates
# the account and shows it.
#
#   sh examples/sign-up.sh ada@example.com
#
# VESTIBULE_URL   where the service is   http://localhost:8000
# MAILBOX_URL     where its mailbox is   http://localhost:8025
# PASSWORD        of the new account     Correct-Horse-7
set -eu

EMAIL=${1:-"person-$(date +%s)-$$@example.com"}
PASSWORD=${PASSWORD:-Correct-Horse-7}
URL=${VESTIBULE_URL:-http://localhost:8000}
MAILBOX=${MAILBOX_URL:-http://localhost:8025}

main() {
  registered=$(ask /users "$(registration)")
  echo "registered: $registered"
  # The address in the form in which it is stored, mailed to and found again.
  canonical=$(printf '%s\n' "$registered" | sed -n 's/.*"email":"\([^"]*\)".*/\1/p')
  EMAIL=${canonical:-$EMAIL}

  code=$(code_in_mailbox)
  echo "the code in the mail: $code"

  activated=$(ask /users/activate "{\"code\": \"$code\"}" with_credentials)
  echo "activated: $activated"
  account=$(ask /users/me '' with_credentials)
  echo "the account: $account"
}

# In English, which the code is looked for in.
registration() {
  printf '{"email": "%s", "password": "%s", "locale": "en"}' "$(escape "$EMAIL")" "$(escape "$PASSWORD")"
}

# ask <path> <body or nothing> [with_credentials]: prints what is answered, if that is not an error.
#
# Passwords go to curl by a pipe: the arguments of a program can be read by everybody on the machine.
ask() {
  answer=$(
    {
      [ -z "$2" ] || printf 'header = "Content-Type: application/json"\ndata = "%s"\n' "$(escape "$2")"
      [ -z "${3:-}" ] || printf 'user = "%s"\n' "$(escape "$EMAIL:$PASSWORD")"
    } | curl --silent --show-error --max-time 20 --write-out '\n%{http_code}' --config - "$URL$1"
  ) || die "no answer from $URL: is it running? (npm start)"
  status=$(printf '%s\n' "$answer" | sed -n '$p')
  body=$(printf '%s\n' "$answer" | sed '$d')
  case $status in
    2??) printf '%s\n' "$body" ;;
    *) die "$1 answered $status: $body" ;;
  esac
}

# Prints the code in the newest mail. It comes within a second; half a minute is for slow machines.
code_in_mailbox() {
  waited=0
  while :; do
    mails=$(curl --silent --show-error --fail --max-time 20 --get --data-urlencode "to.address=$EMAIL" \
      "$MAILBOX/email") || die "no answer from $MAILBOX: npm start prints where its mailbox is"
    code=$(printf '%s\n' "$mails" | sed -n 's/.*code is\\n\\n *\([0-9]\{4,8\}\)\\n.*/\1/p')
    [ -z "$code" ] || break
    [ "$waited" -lt 30 ] || die "no mail to $EMAIL has come to $MAILBOX"
    sleep 1
    waited=$((waited + 1))
  done
  echo "$code"
}

# As both JSON and the configuration of curl have it between quotes.
escape() {
  printf '%s' "$1" | sed 's/[\\"]/\\&/g'
}

die() {
  echo "sign-up: $1" >&2
  exit 1
}

main
