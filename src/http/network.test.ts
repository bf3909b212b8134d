import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { networkOf } from './network.ts'

describe('the network of a client', () => {
  const networks: [what: string, address: string, network: string][] = [
    ['IPv4', '192.0.2.17', '192.0.2.0/24'],
    ['the last IPv4 address of its network', '192.0.2.255', '192.0.2.0/24'],
    ['IPv4 with a port', '192.0.2.17:51000', '192.0.2.0/24'],
    ['IPv4 in brackets, with a port', '[192.0.2.17]:51000', '192.0.2.0/24'],
    ['IPv4 mapped into IPv6, as text', '::ffff:192.0.2.17', '192.0.2.0/24'],
    ['IPv4 mapped into IPv6, in hexadecimal', '::ffff:c000:211', '192.0.2.0/24'],
    ['IPv4 mapped into IPv6, written out', '0:0:0:0:0:FFFF:C000:0211', '192.0.2.0/24'],
    ['IPv4 mapped into IPv6, with a port', '[::ffff:192.0.2.17]:51000', '192.0.2.0/24'],
    ['IPv6', '2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
    ['IPv6 that is shortened within its network', '2001:db8::6', '2001:db8:0:0::/64'],
    ['IPv6 that is shortened behind its network', '2001:db8:1:2::', '2001:db8:1:2::/64'],
    ['IPv6 in capitals with leading zeros', '2001:0DB8:0001:0002::6', '2001:db8:1:2::/64'],
    ['IPv6 in brackets', '[2001:db8:1:2::6]', '2001:db8:1:2::/64'],
    ['IPv6 in brackets, with a port', '[2001:db8:1:2::6]:443', '2001:db8:1:2::/64'],
    ['IPv6 that ends like a port', '2001:db8:1:2::443', '2001:db8:1:2::/64'],
    ['IPv6 with a zone', 'fe80::1%eth0', 'fe80:0:0:0::/64'],
    ['IPv6 with a zone, in brackets, with a port', '[fe80::1%25eth0]:443', 'fe80:0:0:0::/64'],
    ['the loopback of IPv4', '127.0.0.1', '127.0.0.0/24'],
    ['the loopback of IPv6', '::1', '0:0:0:0::/64'],
  ]
  for (const [what, address, network] of networks) {
    it(`is ${network} for ${what}`, () => {
      assert.equal(networkOf(address), network)
    })
  }

  const one: [what: string, addresses: string[]][] = [
    ['an IPv4 /24', ['198.51.100.0', '198.51.100.255', '::ffff:198.51.100.9', '198.51.100.1:80']],
    [
      'an IPv6 /64',
      ['2001:db8::1', '2001:DB8::ffff:ffff:ffff:ffff', '[2001:db8:0:0:1::]:80', '2001:db8::1%1'],
    ],
  ]
  for (const [what, addresses] of one) {
    it(`is the same for all addresses of ${what}, however they are written`, () => {
      assert.equal(new Set(addresses.map(networkOf)).size, 1)
    })
  }

  const others: [one: string, other: string][] = [
    ['192.0.2.255', '192.0.3.0'],
    ['::ffff:192.0.2.255', '::ffff:192.0.3.0'],
    ['2001:db8:0:1::', '2001:db8:0:2::'],
    ['192.0.2.1', '2001:db8::c000:201'],
  ]
  for (const [one, other] of others) {
    it(`is another one for ${one} than for ${other}`, () => {
      assert.notEqual(networkOf(one), networkOf(other))
    })
  }

  const junk = [
    '',
    ' ',
    'unknown',
    'localhost',
    '_hidden',
    '192.0.2.256',
    '192.0.2.1, 198.51.100.1',
    ' 192.0.2.1',
    '192.0.2.1/24',
    '192.0.2.1:',
    '192.0.2.1:port',
    '[2001:db8::1',
    '2001:db8::1::',
    '2001:db8:1:2:3:4:5:6:7',
    '::ffff:192.0.2.256',
    '192.0.2.1\r\nX: y',
    '1'.repeat(10_000),
    '['.repeat(10_000),
  ]
  it('is unknown for what is no address', () => {
    for (const text of junk) assert.equal(networkOf(text), undefined, JSON.stringify(text.slice(0, 30)))
  })
})
