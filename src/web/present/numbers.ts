import type { Messages } from '../../messages/en.ts'

/** A whole number with the digit groups of the language. */
export function integer(value: number | bigint, t: Messages): string {
  const known = integerFormats.get(t.locale)
  const format = known ?? new Intl.NumberFormat(t.locale, { maximumFractionDigits: 0 })
  if (!known) integerFormats.set(t.locale, format)
  return format.format(value)
}

/** Making one costs more than a row of the tree. */
const integerFormats = new Map<string, Intl.NumberFormat>()

/** Conversions may be fractions; two digits at most. */
export function decimal(value: number, t: Messages): string {
  return new Intl.NumberFormat(t.locale, { maximumFractionDigits: 2 }).format(value)
}

/**
 * Micros (millionths of the account's currency) as money, with the fraction digits of that currency. Exact at any
 * size: the micros never pass through a floating point number. Without a known currency the bare amount is shown.
 */
export function money(micros: bigint, currencyCode: string | null, t: Messages): string {
  return moneyFormat(currencyCode, t).format(asDecimal(micros))
}

/** Money for an axis: short, e.g. `€1.2K`. */
export function shortMoney(micros: bigint, currencyCode: string | null, t: Messages): string {
  return moneyFormat(currencyCode, t, {
    notation: 'compact',
    maximumFractionDigits: 1,
    minimumFractionDigits: 0,
  }).format(asDecimal(micros))
}

function moneyFormat(
  currencyCode: string | null,
  t: Messages,
  options: Intl.NumberFormatOptions = {},
): Intl.NumberFormat {
  if (currencyCode !== null && /^[A-Z]{3}$/.test(currencyCode)) {
    return new Intl.NumberFormat(t.locale, { style: 'currency', currency: currencyCode, ...options })
  }
  return new Intl.NumberFormat(t.locale, { minimumFractionDigits: 2, maximumFractionDigits: 2, ...options })
}

function asDecimal(micros: bigint): `${number}` {
  const sign = micros < 0n ? '-' : ''
  const digits = (micros < 0n ? -micros : micros).toString().padStart(7, '0')
  return `${sign}${digits.slice(0, -6)}.${digits.slice(-6)}` as `${number}`
}
