import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'

const root = new URL('..', import.meta.url).pathname
const page = readFileSync(`${root}docs/security.md`, 'utf8')

/** The rows of the tables in docs/security.md: number, promise, and what the last cell says of its proof. */
const rows = [...page.matchAll(/^\| (\d+[a-d]?) \|(.+)\|$/gm)].map(([, row = '', rest = '']) => {
  const cells = rest.split(' | ').map(cell => cell.trim())
  return { row, attack: cells[0] ?? '', promise: cells[1] ?? '', proof: cells[3] ?? '' }
})

/** The files whose tests carry a row's number in their name, by row. */
const proofs = new Map<string, Set<string>>()
const tests = readdirSync(`${root}test`, { recursive: true, encoding: 'utf8' }).filter(name =>
  name.endsWith('.test.ts'),
)
for (const name of tests.sort()) {
  const file = `test/${name}`
  for (const [, numbers = ''] of readFileSync(root + file, 'utf8').matchAll(/['"`]rows? (\d[\da-d, ]*): /g)) {
    for (const row of numbers.split(', ')) proofs.set(row, (proofs.get(row) ?? new Set()).add(file))
  }
}

describe('the table of attacks and faults in docs/security.md', () => {
  it('has every row once, in order, with an attack and a promise', () => {
    const numbers = rows.map(({ row }) => row)
    expect(numbers).toEqual([...new Set(numbers)])
    expect(new Set(numbers.map(row => Number.parseInt(row, 10)))).toEqual(
      new Set(Array.from({ length: 75 }, (_, at) => at + 1)),
    )
    for (const { row, attack, promise } of rows) expect([row, attack !== '', promise !== '']).toEqual([row, true, true])
  })

  it.each(rows)('row $row names exactly the files whose tests prove it', ({ row, proof }) => {
    const named = [...proof.matchAll(/\]\(\.\.\/(test\/[^)]+)\)/g)].map(([, file]) => file)
    expect(named).toEqual([...(proofs.get(row) ?? [])])
    if (named.length === 0) expect(proof, 'a row without a test says why').toMatch(/^Not tested: \S/)
  })

  it('has a row for every test that is named after one', () => {
    expect([...proofs.keys()].filter(row => !rows.some(each => each.row === row))).toEqual([])
  })
})
