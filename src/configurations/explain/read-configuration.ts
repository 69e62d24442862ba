import type { Format } from '../formats.ts'
import { detectFormat } from './detect.ts'
import { dialects, namesOf } from './dialects.ts'
import { judge } from './judge.ts'
import { mask } from './mask.ts'
import { linesOf, type Notation, type Parsed } from './notation.ts'
import { ini } from './notations/ini.ts'
import { javascript } from './notations/javascript.ts'
import { perl, properties } from './notations/lines.ts'
import { ruby } from './notations/ruby.ts'
import { curl, environment } from './notations/shell.ts'
import { xml } from './notations/xml.ts'
import { json, yaml } from './notations/yaml.ts'
import type { ConfigurationReading, LineFinding, Reason } from './reading.ts'

/**
 * Explains a configuration line by line, in the format given or the one it looks like. Nothing of it is evaluated, and
 * nothing but `credential` holds any of its values. Throws nothing.
 */
export function readConfiguration(pasted: string, chosen: Format | null): ConfigurationReading {
  const text = pasted.replace(/^\uFEFF/, '').replace(/\r\n?/g, '\n')
  const format = chosen ?? detectFormat(text)
  const whole = format === null ? 'unrecognised' : keyFileReason(text)
  if (format === null || whole !== null) return unread(text, whole === 'unrecognised' ? null : format, whole)
  const { entries, faults } = parsed(text, notationOf(format, text))
  if (entries.length > most.settings) return unread(text, format, 'too_many_settings')
  const dialect = dialects[format]
  const nameOf = namesOf(dialect)
  const judged = judge({ format, dialect, nameOf, entries, faults, lineAt: lineCounter(text) })
  return { format, ...judged, findings: cut(judged.findings), masked: mask(text, entries, nameOf) }
}

/** Far more settings than any configuration has, and more findings than anybody reads. */
const most = { settings: 1_000, findings: 200 }

function cut(findings: LineFinding[]): LineFinding[] {
  const left = findings.length - most.findings
  if (left <= 0) return findings
  const rest: LineFinding = { line: null, key: null, verdict: 'unknown', reason: 'cut', params: { left: String(left) } }
  return [...findings.slice(0, most.findings), rest]
}

const notations: Record<Exclude<Format, 'dotnet'>, Notation> = {
  python: yaml,
  java: properties,
  php: ini,
  ruby,
  perl,
  node: javascript,
  curl,
  env: environment,
}

function notationOf(format: Format, text: string): Notation {
  if (format !== 'dotnet') return notations[format]
  return text.trimStart().startsWith('{') ? json : xml
}

/** Two files people take for a configuration, one of which should never be pasted anywhere. */
function keyFileReason(text: string): Reason | null {
  if (!/^\s*\{/.test(text)) return null
  if (/"private_key"\s*:|"type"\s*:\s*"service_account"/.test(text)) return 'key_file'
  return /"(?:web|installed)"\s*:\s*\{|"type"\s*:\s*"authorized_user"/.test(text) ? 'client_secrets_file' : null
}

function unread(text: string, format: Format | null, reason: Reason | null): ConfigurationReading {
  return {
    format,
    kind: 'none',
    findings: [{ line: null, key: null, verdict: 'unknown', reason: reason ?? 'unrecognised', params: {} }],
    clean: false,
    masked: mask(text, [], () => ({ kind: 'unknown' })),
    credential: null,
  }
}

/** Parsers that recurse give up on nesting no configuration has. Their errors may quote the text, so none is kept. */
function parsed(text: string, notation: Notation): Parsed {
  try {
    return notation(text)
  } catch {
    return { entries: [], faults: [{ at: 0, reason: 'syntax' }] }
  }
}

/** The number of the line an offset is in, from 1. */
function lineCounter(text: string): (offset: number) => number {
  const starts = linesOf(text).map(({ at }) => at)
  return offset => {
    let [low, high] = [0, starts.length]
    while (low < high) {
      const middle = (low + high) >> 1
      if ((starts[middle] ?? 0) <= offset) low = middle + 1
      else high = middle
    }
    return Math.max(1, low)
  }
}
