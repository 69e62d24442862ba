import type { ConfigurationReading, LineFinding, Verdict } from '../../configurations/explain/reading.ts'
import { type Format, formats } from '../../configurations/formats.ts'
import type { Messages } from '../../messages/en.ts'
import type { Badge } from './account-marks.ts'

export interface ConfigurationCheckInput {
  t: Messages
  /** The format that was chosen; null where it is to be detected. */
  format: Format | null
  /** Null before anything was pasted. */
  reading: ConfigurationReading | null
  /** Why nothing could be imported, where that was asked for. */
  notImported?: 'incomplete' | 'keyFile'
}

export interface ConfigurationCheckLocals {
  title: string
  notImported: string | null
  choices: { value: Format | ''; label: string; selected: boolean }[]
  result: {
    summary: string
    tone: 'success' | 'problem'
    rows: { line: number | null; key: string | null; badge: Badge; sentence: string }[]
    /** What was pasted, with nothing secret in it. */
    lines: { number: number; text: string; marked: boolean }[]
  } | null
}

export function presentConfigurationCheck(input: ConfigurationCheckInput): ConfigurationCheckLocals {
  const { t, format, reading, notImported } = input
  const choices = formats.map(each => ({
    value: each,
    label: t.configuration.formats[each],
    selected: each === format,
  }))
  return {
    title: t.configurationCheck.title,
    choices: [{ value: '', label: t.configurationCheck.detect, selected: format === null }, ...choices],
    notImported: notImported === undefined ? null : t.configurationCheck.notImported[notImported],
    result: reading && {
      summary: summary(reading, t),
      tone: problems(reading) === 0 ? 'success' : 'problem',
      rows: reading.findings.map(finding => ({
        line: finding.line,
        key: finding.key,
        badge: badge(finding.verdict, t),
        sentence: sentence(finding, t),
      })),
      lines: linesOf(reading),
    },
  }
}

/** The answer for programs; the credential that was found is not part of it. */
export function configurationCheckJson(reading: ConfigurationReading, t: Messages) {
  const { format, kind, clean, findings, masked } = reading
  return {
    format,
    kind,
    clean,
    summary: summary(reading, t),
    lines: findings.map(finding => ({
      line: finding.line,
      key: finding.key,
      verdict: finding.verdict,
      code: finding.reason,
      sentence: sentence(finding, t),
    })),
    masked,
  }
}

function summary(reading: ConfigurationReading, { configuration, configurationCheck: t }: Messages): string {
  if (reading.format === null) return t.notRead
  const left = reading.findings.filter(({ verdict }) => verdict === 'placeholder').length
  return [
    t.summary(configuration.formats[reading.format]),
    t.kinds[reading.kind],
    t.problems(problems(reading)),
    t.leftToFillIn(left),
    t.notTried,
  ]
    .filter(part => part !== '')
    .join(' ')
}

function problems({ findings }: ConfigurationReading): number {
  return findings.filter(({ verdict }) => verdict !== 'ok' && verdict !== 'placeholder').length
}

function sentence({ reason, params }: LineFinding, { configurationCheck }: Messages): string {
  return configurationCheck.sentences[reason](params)
}

const looks: Record<Verdict, Pick<Badge, 'tone' | 'icon'>> = {
  ok: { tone: 'good', icon: 'check' },
  placeholder: { tone: 'quiet', icon: 'info' },
  missing: { tone: 'bad', icon: 'cross' },
  wrong_value: { tone: 'bad', icon: 'cross' },
  misspelt: { tone: 'bad', icon: 'cross' },
  mixed: { tone: 'bad', icon: 'cross' },
  obsolete: { tone: 'warn', icon: 'warning' },
  duplicate: { tone: 'warn', icon: 'warning' },
  unknown: { tone: 'warn', icon: 'warning' },
}

function badge(verdict: Verdict, { configurationCheck }: Messages): Badge {
  const word = configurationCheck.verdicts[verdict]
  return { ...looks[verdict], word, meaning: word }
}

function linesOf({ masked, findings }: ConfigurationReading) {
  const wrong = new Set(findings.filter(({ verdict }) => verdict !== 'ok').map(({ line }) => line))
  return masked
    .trimEnd()
    .split('\n')
    .map((text, index) => ({ number: index + 1, text, marked: wrong.has(index + 1) }))
}
