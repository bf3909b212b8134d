/** Takes `Name <name@example.com>` or a bare address apart, as the configuration allows them. */
export const parseMailbox = (mailbox: string): { name: string; address: string } => {
  const [, name, address] = /^(.*)<(.+)>$/.exec(mailbox) ?? [undefined, '', mailbox]
  return { name: (name ?? '').trim(), address: (address ?? '').trim() }
}
