import { isIPv6 } from 'node:net'
import { createHash, timingSafeEqual } from 'node:crypto'

/** Groups of an IPv6 address that a network has to itself: within them a machine may take any address. */
const networkGroups = 4

/**
 * Tells one caller from another by its address: the address, or the /64 network of an IPv6 one. Callers behind one proxy
 * are one.
 */
export function callerOf(address: string): string {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1]
  if (mapped !== undefined) return mapped
  if (!isIPv6(address)) return address
  const [before = '', after] = (address.split('%')[0] as string).toLowerCase().split('::')
  const groups = before === '' ? [] : before.split(':')
  const end = after === undefined || after === '' ? [] : after.split(':')
  const zeros = after === undefined ? 0 : Math.max(0, 8 - groups.length - end.length)
  const all = [...groups, ...Array.from({ length: zeros }, () => '0'), ...end]
  return `${all
    .slice(0, networkGroups)
    .map((group) => Number.parseInt(group, 16).toString(16))
    .join(':')}::/64`
}

/** Whether both texts are the same. Takes as long wherever the first difference is. */
export function isSameSecret(given: string, right: string): boolean {
  const [one, other] = [given, right].map((text) => createHash('sha256').update(text).digest()) as [Buffer, Buffer]
  return timingSafeEqual(one, other)
}
