import { z } from 'zod'
import { parseCustomerId } from '../customer-id.ts'

/**
 * How Google Ads writes values in JSON (google-wire-facts B.5): int64 as strings, zero and empty values often left
 * out, enums as names that may be newer than we are. Each reader below supplies what was left out.
 */

const int64Text = z.union([z.string().regex(/^-?\d+$/), z.number().int().transform(String)])

/** int64 as bigint; 0n when left out. For money and counts. */
export const int64 = int64Text.nullish().transform(value => BigInt(value ?? 0))

/** int64 as a number; 0 when left out. For small values such as a level. */
export const smallInt = int64Text.nullish().transform(value => Number(value ?? 0))

/** int64 that names something, kept as its digits. */
export const idText = int64Text

export const double = z
  .number()
  .nullish()
  .transform(value => value ?? 0)

export const flag = z
  .boolean()
  .nullish()
  .transform(value => value ?? false)

/** Text, or null when left out or empty. */
export const text = z
  .string()
  .nullish()
  .transform(value => value || null)

/** The last part of `customers/1234567890` or a bare id, as ten digits. */
export const customerId = z.union([z.string(), z.number().transform(String)]).transform((value, context) => {
  const id = parseCustomerId(value)
  if (id) return id
  context.addIssue({ code: 'custom', message: 'not a customer id' })
  return z.NEVER
})

/** An enum's name; `UNKNOWN` for names we do not know and where Google left it out. */
export function enumName<const Name extends string>(names: readonly Name[]) {
  const known = new Set<string>(names)
  return z
    .string()
    .nullish()
    .transform((name): Name | 'UNKNOWN' => (name && known.has(name) ? (name as Name) : 'UNKNOWN'))
}
