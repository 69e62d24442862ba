import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { AuditEntry } from '../../src/audit/audit.ts'
import { exportedText } from '../../src/audit/export.ts'

function entryNamed(name: string): AuditEntry {
  return {
    seq: 7,
    at: '2026-11-23T12:00:00.000Z',
    actor: { kind: 'member', id: 'm1', name, via: 'browser', viaId: null, requestId: null },
    viaName: name,
    action: 'connection.paused',
    target: { kind: 'connection', id: 'c1', name },
    outcome: 'done',
    changes: { owner: [name, null] },
    hash: 'h',
  }
}

async function csvOf(...names: string[]): Promise<string> {
  async function* entries() {
    for (const name of names) yield entryNamed(name)
  }
  let text = ''
  for await (const piece of exportedText(entries(), 'csv', 'audit-checkpoint:1:…')) text += piece
  // Without the record of the checkpoint, which is the last.
  return text.slice(0, text.lastIndexOf('\r\n', text.length - 3) + 2)
}

/** As spreadsheets read: quotes count at the beginning of a cell only, and what follows the closing one is kept. */
function readCells(text: string, separator: string): string[][] {
  const rows: string[][] = [[]]
  let cell = ''
  let quoted = false
  let begun = false
  const finish = () => {
    rows.at(-1)?.push(cell)
    cell = ''
    begun = false
  }
  for (let index = 0; index < text.length; index++) {
    const character = text[index] ?? ''
    if (quoted) {
      if (character !== '"') cell += character
      else if (text[index + 1] === '"') cell += text[++index]
      else quoted = false
    } else if (character === '"' && !begun) {
      quoted = true
      begun = true
    } else if (character === separator) finish()
    else if (character === '\r' || character === '\n') {
      if (character === '\r' && text[index + 1] === '\n') index++
      finish()
      rows.push([])
    } else {
      cell += character
      begun = true
    }
  }
  return rows.slice(0, -1)
}

const startsFormula = /^["\s]*[=+\-@＝＋－＠]/u
const pieces = [
  '=',
  '+',
  '-',
  '@',
  '＝',
  ';',
  ',',
  '\t',
  '\r',
  '\n',
  '"',
  "'",
  ' ',
  'a',
  '1',
  '山',
  '=1+1',
  ';=',
  '";"=',
]
const hostile = fc.array(fc.constantFrom(...pieces), { maxLength: 12 }).map(parts => parts.join(''))

describe('the CSV of the audit trail', () => {
  it.each([',', ';', '\t'])('holds no formula for a reader whose separator is %j', async separator => {
    await fc.assert(
      fc.asyncProperty(fc.array(hostile, { minLength: 1, maxLength: 3 }), async names => {
        const text = (await csvOf(...names)).replace(/^\ufeff/, '')
        for (const cell of readCells(text, separator).flat()) expect(cell).not.toMatch(startsFormula)
      }),
      { numRuns: 500 },
    )
  })

  it('keeps every value, except for apostrophes added before formulas', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(hostile, { minLength: 1, maxLength: 3 }), async names => {
        const [header = [], ...rows] = readCells((await csvOf(...names)).replace(/^\ufeff/, ''), ',')
        const plain = (text: string | undefined) => text?.replaceAll("'", '')
        expect(rows.map(row => plain(row[header.indexOf('target')]))).toEqual(names.map(plain))
        expect(new Set(rows.map(row => row.length))).toEqual(new Set([header.length]))
      }),
      { numRuns: 300 },
    )
  })

  it.each([
    ['a;=1+1', "a;'=1+1"],
    ['a\n@SUM(A1)', "a\n'@SUM(A1)"],
    ['x";"=cmd', `x";'"=cmd`],
    ['=1', "'=1"],
    ['Ann, Bob; Cy', 'Ann, Bob; Cy'],
    ['a-b=c', 'a-b=c'],
  ])('writes %j as %j', async (name, written) => {
    const [header = [], row = []] = readCells((await csvOf(name)).replace(/^\ufeff/, ''), ',')
    expect(row[header.indexOf('target')]).toBe(written)
  })
})
