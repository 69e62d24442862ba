import { isIPv6 } from 'node:net'
import { Address6 } from 'ip-address'

/** The networks that contain a caller's address: the address itself for IPv4; its /64, /56 and /48 for IPv6. */
export function networksOf(ip: string): { name: string; size: 'address' | '/64' | '/56' | '/48' }[] {
  if (!isIPv6(ip)) return [{ name: ip.slice(0, 64), size: 'address' }]
  const address = new Address6(ip)
  if (address.isMapped4()) return [{ name: address.to4().correctForm(), size: 'address' }]
  return (['/64', '/56', '/48'] as const).map(size => ({ name: networkOf(address, size), size }))
}

function networkOf(address: Address6, size: string): string {
  return `${new Address6(`${address.correctForm()}${size}`).startAddress().correctForm()}${size}`
}
