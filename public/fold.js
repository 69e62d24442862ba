/** Texts are compared without regard to case and accents; ids in any notation. */
export function fold(text) {
  return text.normalize('NFKD').replace(/\p{M}/gu, '').toLowerCase()
}

/** A predicate over an element's text for what was typed. */
export function matcher(typed) {
  const wanted = fold(typed.trim())
  if (wanted === '') return () => true
  const digits = /^[\d\s.\p{Pd}]+$/u.test(wanted) ? wanted.replace(/\D/g, '') : ''
  return text => fold(text).includes(wanted) || (digits !== '' && text.replace(/\D/g, '').includes(digits))
}
