import { adwordsScope } from '../configuration.ts'
import type { Field, Naming } from './dialects.ts'
import type { Entry } from './notation.ts'

type NameOf = (key: string) => Naming

const dots = '••••'

/**
 * The text with everything hidden that is not known to be harmless: names of settings, the words of the format, the last
 * four digits of customer ids. It shows by permission, so a secret stays hidden wherever it stands, in a comment or
 * behind a misplaced quote as well. Lines keep their numbers.
 */
export function mask(text: string, entries: Entry[], nameOf: NameOf): string {
  const words = wordMask(entries, nameOf)
  const spans = entries
    .filter(({ value, from, to }) => value !== null && to > from)
    .sort((left, right) => left.from - right.from)
  let shown = ''
  let at = 0
  for (const entry of spans) {
    if (entry.from < at) continue
    shown += words(text.slice(at, entry.from))
    const written = text.slice(entry.from, entry.to)
    const quote = quoteAround(written)
    shown += quote + valueShown(entry, nameOf) + quote + written.replace(/[^\r\n]/g, '')
    at = entry.to
  }
  shown += words(text.slice(at))
  return shown.replace(/••••(?:[^\S\r\n]+••••)+/g, dots)
}

function quoteAround(written: string): string {
  const first = written.charAt(0)
  return (first === '"' || first === "'") && written.length > 1 && written.endsWith(first) ? first : ''
}

const harmless = new Set(['true', 'false', 'application', 'service_account', adwordsScope])
const placeholder = /^INSERT_[A-Z0-9_]{1,40}_HERE$/
const idFields: (Field | null)[] = ['loginCustomerId', 'linkedCustomerId', 'customerId']

function valueShown({ key, value }: Entry, nameOf: NameOf): string {
  const text = value ?? ''
  if (harmless.has(text.toLowerCase()) || placeholder.test(text)) return text
  const naming = nameOf(key)
  const field = 'field' in naming ? naming.field : null
  const digits = text.replace(/[\s-]/g, '')
  return idFields.includes(field) && /^\d{10}$/.test(digits) ? `${dots}${digits.slice(-4)}` : dots
}

/** The words a format is made of, beside the names of its settings. */
const grammar = new Set(
  `! ? ?xml version 1.0? 1.0 encoding utf-8 utf-8? / !-- -- configuration configSections section GoogleAdsApi
  name type add key value System.Configuration.DictionarySectionHandler /GoogleAdsApi /configuration /configSections
  GOOGLE_ADS OAUTH2 LOGGING CONNECTION Google Ads GoogleAds Config new do end c - -d -H -X -sS
  import from const export let api auth customer Customer GoogleAuth require await curl POST GET export set
  CLIENT_ID CLIENT_SECRET REFRESH_TOKEN ACCESS_TOKEN DEVELOPER_TOKEN LOGIN_CUSTOMER_ID CUSTOMER_ID KEY_FILE
  --data-urlencode --data --header https googleads.googleapis.com oauth2.googleapis.com token Bearer ENV process env`.split(
    /\s+/,
  ),
)

function wordMask(entries: Entry[], nameOf: NameOf): (text: string) => string {
  const keys = [...new Set(entries.map(({ key }) => key))]
  const named = new Set(keys.filter(key => nameOf(key).kind !== 'unknown'))
  const known = (word: string) => word === '' || grammar.has(word) || named.has(word) || placeholder.test(word)
  return text =>
    text
      .replace(/^([ \t]*(?:#!?|;|\/\/))[ \t]*\S.*$/gm, (_line, sign: string) => `${sign} ${dots}`)
      // A comment without an end runs to the end of the text.
      .replace(/<!--[\s\S]*?(?:-->|$)/g, comment => `<!-- ${dots} -->${comment.replace(/[^\r\n]/g, '')}`)
      .replace(/[^\s"'`{}()[\]<>=:;,|&$\\#•]+/g, word => (known(word) || word.split(/[./]/).every(known) ? word : dots))
}
