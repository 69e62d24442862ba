/** A Google Ads account's id: exactly ten digits, as Google's API wants it. */
export type CustomerId = string

/**
 * Reads a customer id in any notation people use: `123-456-7890`, `1234567890`, `customers/1234567890`,
 * with spaces of any kind or typographic dashes. Returns ten digits, or null when it is not a customer id.
 */
export function parseCustomerId(input: string): CustomerId | null {
  const digits = input
    .normalize('NFKC')
    .trim()
    .replace(/^customers\//, '')
    .replace(/[\s\p{Pd}.]/gu, '')
  return /^[0-9]{10}$/.test(digits) ? digits : null
}

/** `1234567890` as people read it: `123-456-7890`. */
export function formatCustomerId(customerId: CustomerId): string {
  return customerId.replace(/^(\d{3})(\d{3})(\d{4})$/, '$1-$2-$3')
}
