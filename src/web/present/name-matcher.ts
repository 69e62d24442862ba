import { foldText } from '../../accounts/fold-text.ts'
import { type CustomerId, parseCustomerId } from '../../customer-id.ts'

/** Reads what a person typed: part of a name (case and accents do not matter), or an id or part of one, in any notation. */
export function nameMatcher(typed: string): (name: string | null, customerId: CustomerId) => boolean {
  const wanted = typed.trim()
  if (wanted === '') return () => true
  const wholeId = parseCustomerId(wanted)
  if (wholeId !== null) return (_name, customerId) => customerId === wholeId
  const folded = foldText(wanted)
  const digits = /^[\d\s.\p{Pd}]+$/u.test(wanted) ? wanted.replace(/\D/g, '') : ''
  return (name, customerId) =>
    (name !== null && foldText(name).includes(folded)) || (digits !== '' && customerId.includes(digits))
}
