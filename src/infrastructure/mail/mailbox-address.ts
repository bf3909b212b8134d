/**
 * Takes `Name <name@example.com>` or a bare address apart, as the configuration allows them; a name loses the
 * quotes that it may stand in (RFC 5322 §3.4).
 */
export const parseMailbox = (mailbox: string): { name: string; address: string } => {
  const [, written = '', address = mailbox] = /^(.*)<(.+)>$/.exec(mailbox) ?? []
  const name = written.trim()
  const [, quoted] = /^"(.*)"$/.exec(name) ?? []
  return { name: quoted?.replaceAll(/\\(.)/g, '$1') ?? name, address: address.trim() }
}
