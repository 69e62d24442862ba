import type { AuditEntry } from './audit.ts'

export const exportFormats = ['csv', 'jsonl'] as const
export type ExportFormat = (typeof exportFormats)[number]

/** Entries as the text of a file, piece by piece; a checkpoint of the trail is the last line. */
export async function* exportedText(
  entries: AsyncIterable<AuditEntry>,
  format: ExportFormat,
  checkpoint: string,
): AsyncGenerator<string> {
  // Spreadsheets take a file without this mark for something else than UTF-8.
  if (format === 'csv') yield `\ufeff${csvLine(csvColumns.map(([name]) => name))}`
  const line = format === 'csv' ? csvEntry : jsonLine
  for await (const entry of entries) yield line(entry)
  yield format === 'csv' ? csvCheckpoint(checkpoint) : `${JSON.stringify({ checkpoint })}\n`
}

const csvColumns: [name: string, value: (entry: AuditEntry) => string | null][] = [
  ['number', entry => String(entry.seq)],
  ['time', entry => entry.at],
  ['action', entry => entry.action],
  ['outcome', entry => entry.outcome],
  ['actor_kind', entry => entry.actor.kind],
  ['actor_id', entry => entry.actor.id],
  ['actor', entry => entry.actor.name],
  ['via', entry => entry.actor.via],
  ['via_id', entry => entry.actor.viaId],
  ['via_name', entry => entry.viaName],
  ['target_kind', entry => entry.target?.kind ?? null],
  ['target_id', entry => entry.target?.id ?? null],
  ['target', entry => entry.target?.name ?? null],
  ['changes', entry => JSON.stringify(entry.changes)],
  ['request_id', entry => entry.actor.requestId],
]

function jsonLine(entry: AuditEntry): string {
  return `${JSON.stringify(entry)}\n`
}

function csvEntry(entry: AuditEntry): string {
  return csvLine(csvColumns.map(([, value]) => value(entry) ?? ''))
}

/** A record like the others, so that the file stays one table. */
function csvCheckpoint(checkpoint: string): string {
  const cells: Record<string, string> = { action: 'audit.checkpoint', changes: JSON.stringify({ checkpoint }) }
  return csvLine(csvColumns.map(([name]) => cells[name] ?? ''))
}

/** RFC 4180. */
function csvLine(values: string[]): string {
  return `${values.map(csvField).join(',')}\r\n`
}

/**
 * Spreadsheets run text that begins like a formula (CWE-1236); an apostrophe in front turns it into plain text. A spreadsheet
 * that separates cells by semicolons or tabs also splits a field at these characters, even inside quotes. So no part after one
 * may begin like a formula either. The spreadsheet may drop quotes and spaces in front.
 */
const formula = /(^|[,;\t\r\n])(?=(?:"|[^\S\t\r\n])*[=+\-@＝＋－＠])/gu

function csvField(value: string): string {
  const text = value.replace(formula, "$1'").replace(/^(?=[\t\r\n])/, "'")
  return /["',;\r\n\t]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}
