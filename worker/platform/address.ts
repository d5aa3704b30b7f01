/** A range of addresses: those that begin with the same `bits` bits. */
interface Range {
  base: bigint
  bits: bigint
}

/**
 * What no webhook may be sent to, of IPv4: everything that IANA's registry of special-purpose addresses (RFC 6890)
 * does not call globally reachable, multicast, and the address at which a large cloud answers machines about themselves.
 */
const refused4 = [
  '0.0.0.0/8',
  '10.0.0.0/8',
  '100.64.0.0/10',
  '127.0.0.0/8',
  '168.63.129.16/32',
  '169.254.0.0/16',
  '172.16.0.0/12',
  '192.0.0.0/24',
  '192.0.2.0/24',
  '192.88.99.0/24',
  '192.168.0.0/16',
  '198.18.0.0/15',
  '198.51.100.0/24',
  '203.0.113.0/24',
  '224.0.0.0/4',
  '240.0.0.0/4',
].map(rangeOf)

/**
 * Of IPv6, only what is globally routed may be sent to. That alone leaves out unspecified, loopback, link-local,
 * unique local and multicast addresses, and all forms at the low end that stand for an IPv4 address, such as `::ffff:0:0/96`
 * and `64:ff9b::/96`.
 */
const global6 = rangeOf('2000::/3')

/** What is refused of it: protocol assignments with Teredo among them, documentation, 6to4. */
const refused6 = ['2001::/23', '2001:db8::/32', '2002::/16', '3fff::/20'].map(rangeOf)

/** Names that lead to the machine itself or into a private network (RFC 6761, 6762, 8375, and what clouds use). */
const PRIVATE_NAME = /(?:^|\.)(?:localhost|localdomain|local|internal|home\.arpa)$/

/**
 * Whether an IP address is one that no webhook may be sent to: private, loopback, link-local, multicast, reserved, for
 * documentation, or standing for another address. What is no address at all counts as one, to be safe.
 */
export function isPrivateAddress(ip: string): boolean {
  const address = /^[\da-f.:]+$/i.test(ip) ? readAddress(ip) : undefined
  return address === undefined || isRefused(address)
}

/**
 * What is wrong with a URL that webhooks are to be sent to; undefined when nothing is. It must be `https`; in local mode
 * `http` to the machine itself will do as well, because that is where a developer's receiver listens. All notations
 * that a URL knows for an address are seen through, because they are compared as the URL parser reads them.
 */
export function addressFault(url: string, isLocal: boolean): string | undefined {
  if (!URL.canParse(url)) return 'must be a URL such as https://example.com/hooks'
  const { protocol, username, password, hostname } = new URL(url)
  if (protocol !== 'https:' && protocol !== 'http:') return 'must begin with https://'
  if (username !== '' || password !== '') return 'may hold no user name or password; use basicAuth'
  const host = hostname.replace(/\.$/, '')
  if (protocol === 'http:') {
    if (isLocal && isLoopback(host)) return undefined
    return isLocal ? 'must begin with https://, unless it leads to this machine' : 'must begin with https://'
  }
  const address = addressOf(host)
  if (address !== undefined) {
    return isRefused(address) ? 'may not lead to a private or reserved address' : undefined
  }
  if (PRIVATE_NAME.test(host)) return 'may not lead into a private network'
  const isWhole = host.includes('.') && host.split('.').every((label) => label !== '')
  return isWhole ? undefined : 'must name its host in full, such as example.com'
}

/** Whether a host, as the URL parser writes it, is an address and no name. */
export function isAddress(host: string): boolean {
  return addressOf(host) !== undefined
}

/** Whether a host, as the URL parser writes it, is this machine itself. */
function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '[::1]' || /^127\.\d+\.\d+\.\d+$/.test(host)
}

type Address = { value: bigint; width: 32n | 128n }

/** Reads an address that stands alone, in any notation that the URL parser knows. */
function readAddress(text: string): Address | undefined {
  const url = `http://${text.includes(':') ? `[${text}]` : text}/`
  return URL.canParse(url) ? addressOf(new URL(url).hostname) : undefined
}

/** The address that a host is, as the URL parser writes it: dotted decimal, or hexadecimal in brackets. */
function addressOf(host: string): Address | undefined {
  if (/^\d+\.\d+\.\d+\.\d+$/.test(host)) {
    const value = host.split('.').reduce((sum, part) => sum * 256n + BigInt(part), 0n)
    return { value, width: 32n }
  }
  if (!host.startsWith('[')) return undefined
  const [head = '', tail] = host.slice(1, -1).split('::')
  const groupsOf = (text: string) => (text === '' ? [] : text.split(':'))
  const [front, back] = [groupsOf(head), groupsOf(tail ?? '')]
  const zeros = new Array<string>(8 - front.length - back.length).fill('0')
  const value = [...front, ...zeros, ...back].reduce((sum, group) => sum * 65_536n + BigInt(`0x${group}`), 0n)
  return { value, width: 128n }
}

function isRefused({ value, width }: Address): boolean {
  const isIn = ({ base, bits }: Range) => value >> (width - bits) === base >> (width - bits)
  return width === 32n ? refused4.some(isIn) : !isIn(global6) || refused6.some(isIn)
}

/** Reads a range in the notation of RFC 4632 and 4291, such as `10.0.0.0/8`. */
function rangeOf(text: string): Range {
  const [base = '', bits = ''] = text.split('/')
  const address = readAddress(base)
  if (address === undefined) throw new Error(`${text} is no range of addresses`)
  return { base: address.value, bits: BigInt(bits) }
}
