import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Hierarchy } from '../../src/accounts/account.ts'
import { en } from '../../src/messages/en.ts'
import { presentHierarchy, ROWS_A_PAGE } from '../../src/web/present/hierarchy.ts'
import { readHierarchyQuery } from '../../src/web/present/hierarchy-query.ts'
import { agency, connection, drawn, hierarchy, large, node, now } from './present/fixtures.ts'

function present(shown: Hierarchy, query: Record<string, string> = {}) {
  return presentHierarchy({
    t: en,
    now,
    connection: connection(),
    hierarchy: shown,
    query: readHierarchyQuery(query),
    drawing: drawn(shown, readHierarchyQuery(query)),
    accessRole: 'READ_ONLY',
    loginCustomer: null,
  })
}

function lines(shown: Hierarchy, query: Record<string, string> = {}) {
  return (present(shown, query).tree?.rows ?? []).map(row => `${'-'.repeat(row.level)}${row.account?.name.text ?? '?'}`)
}

const diamond = hierarchy([
  node('1000000001', [], { descriptiveName: 'Root', manager: true }),
  node('1000000002', ['1000000001'], { descriptiveName: 'Left', manager: true }),
  node('1000000003', ['1000000001'], { descriptiveName: 'Right', manager: true }),
  node('2000000001', ['1000000002', '1000000003'], { descriptiveName: 'Shared', level: 2 }),
  node('2000000002', ['1000000003'], { descriptiveName: 'Łódź Sklep', level: 2, status: 'CANCELED', hidden: true }),
  node('2000000003', ['1000000003'], { descriptiveName: null, level: 2, status: 'CLOSED', testAccount: true }),
])

describe('the rows of the tree', () => {
  test('the root stands open, managers are closed once anything was closed', () => {
    expect(lines(diamond, { open: '' })).toEqual(['-Root', '--Left', '--Right'])
  })

  test('opening a manager shows its clients, the unnamed last', () => {
    expect(lines(diamond, { open: '1000000003' })).toEqual([
      '-Root',
      '--Left',
      '--Right',
      '---Łódź Sklep',
      '---Shared',
      '---Unnamed account',
    ])
  })

  test('a small hierarchy is open from the start', () => {
    expect(lines(diamond)).toHaveLength(7)
  })

  test('an account with two managers stands under both, and each time names the other', () => {
    const rows = present(diamond).tree?.rows.filter(row => row.account?.customerId === '2000000001') ?? []
    expect(rows.map(row => row.alsoUnder.map(other => other.name.text))).toEqual([['Right'], ['Left']])
    expect(new Set(rows.map(row => row.key)).size).toBe(2)
  })

  test('a toggle leads to the same page with that manager closed, and back to its row', () => {
    const right = present(diamond, { open: '1000000002,1000000003' }).tree?.rows.find(
      row => row.account?.customerId === '1000000003',
    )
    expect(right?.toggleHref).toBe('/connections/c1/accounts/1000000001?open=1000000002#row-1000000001-1000000003')
  })

  test.each([['200-000-0001'], ['2000000001'], ['customers/2000000001'], ['shar']])(
    'a search for %s shows the match on every way to it',
    q => {
      expect(lines(diamond, { q, open: '' })).toEqual(['-Root', '--Left', '---Shared', '--Right', '---Shared'])
    },
  )

  test('a search ignores case and accents', () => {
    expect(lines(diamond, { q: 'LODZ' })).toEqual(['-Root', '--Right', '---Łódź Sklep'])
  })

  test('managers on the way to a match are marked as such', () => {
    expect(present(diamond, { q: 'shared' }).tree?.rows.map(row => row.matched)).toEqual([
      false,
      false,
      true,
      false,
      true,
    ])
    expect(present(diamond, { q: 'shared' }).tree?.matches).toBe('1 account matches')
  })

  test('filters: status, test accounts (closed all their life, yet working) and hidden ones', () => {
    expect(lines(diamond, { status: 'CANCELED' })).toEqual(['-Root', '--Right', '---Łódź Sklep'])
    expect(lines(diamond, { status: 'inactive' })).toEqual(['-Root', '--Right', '---Łódź Sklep'])
    expect(lines(diamond, { test: 'only' })).toEqual(['-Root', '--Right', '---Unnamed account'])
    expect(lines(diamond, { hidden: 'only' })).toEqual(['-Root', '--Right', '---Łódź Sklep'])
    expect(lines(diamond, { hidden: 'without' })).not.toContain('---Łódź Sklep')
  })

  test('no match is said, not shown as an empty table', () => {
    const { tree } = present(diamond, { q: 'zzz' })
    expect(tree?.rows).toEqual([])
    expect(tree?.noMatch).toBe('No account matches these filters.')
  })

  test('accounts of a failed branch stand under a group of their own', () => {
    const rows = present(agency).tree?.rows ?? []
    const group = rows.findIndex(row => row.account === null)
    expect(rows[group]?.groupName).toBe('Parent unknown')
    expect(rows.slice(group + 1).map(row => row.account?.customerId)).toEqual(['4000000001', '4000000002'])
  })

  test('what lies below a half-read manager is never given as a plain number', () => {
    const below = (id: string) => present(agency).tree?.rows.find(row => row.account?.customerId === id)?.below?.text
    expect(below('1000000005')).toBe('Unknown')
    expect(below('1000000002')).toMatch(/\+$/)
    expect(below('1000000001')).toMatch(/\+$/)
  })

  test('thousands of rows come in pages', () => {
    const open = Array.from({ length: 120 }, (_, m) => `5${String(m).padStart(9, '0')}`).join(',')
    const first = present(large(120, 20), { open }).tree
    expect(first?.rows).toHaveLength(ROWS_A_PAGE)
    expect(first?.pages?.text).toBe('Rows 1–500 of 2,521')
    expect(first?.pages?.previousHref).toBeNull()
    const last = present(large(120, 20), { open, page: '6' }).tree
    expect(last?.rows).toHaveLength(21)
    expect(last?.pages?.nextHref).toBeNull()
    expect(present(large(120, 20), { open, page: '99' }).tree?.rows).toHaveLength(21)
  })

  test('a ring of managers does not unfold for ever', () => {
    const ring = hierarchy([
      node('1000000001', [], { manager: true }),
      node('1000000002', ['1000000001', '1000000003'], { manager: true }),
      node('1000000003', ['1000000002'], { manager: true }),
    ])
    expect(lines(ring).length).toBeLessThan(10)
  })

  test('every row of any graph has a parent row above it, one level up, and a key of its own', () => {
    const graphs = fc.integer({ min: 1, max: 16 }).chain(size =>
      fc.tuple(
        ...Array.from({ length: size }, (_, i) =>
          fc.subarray(
            Array.from({ length: i + 1 }, (_, j) => j),
            { maxLength: Math.min(3, i + 1) },
          ),
        ),
      ),
    )
    fc.assert(
      fc.property(graphs, links => {
        const id = (index: number) => `1${String(index).padStart(9, '0')}`
        const accounts = [node(id(0), [], { manager: true })]
        links.forEach((parents, index) => {
          accounts.push(node(id(index + 1), parents.map(id), { manager: true, level: 1 }))
        })
        const rows =
          present(hierarchy(accounts), { open: accounts.map(account => account.customerId).join(',') }).tree?.rows ?? []
        expect(new Set(rows.map(row => row.key)).size).toBe(rows.length)
        rows.forEach((row, index) => {
          if (row.level > 1) expect(rows.slice(0, index).some(above => above.level === row.level - 1)).toBe(true)
        })
      }),
      { numRuns: 60 },
    )
  })
})

describe('the picture', () => {
  test('every placed account is drawn once, inside the drawing, overlapping no other', () => {
    for (const shown of [agency, large(7, 26), diamond]) {
      const drawing = present(shown, { view: 'picture' }).picture?.drawing
      const nodes = drawing?.nodes ?? []
      const placed = shown.accounts.filter(a => a.parents.length > 0 || a.customerId === shown.loginCustomerId)
      expect(nodes.map(each => each.customerId).sort()).toEqual(placed.map(account => account.customerId).sort())
      for (const a of nodes) {
        expect(a.x + a.width).toBeLessThanOrEqual(drawing?.width ?? 0)
        for (const b of nodes) {
          if (a === b) continue
          const apart = a.x + a.width <= b.x || b.x + b.width <= a.x || a.y + a.height <= b.y || b.y + b.height <= a.y
          expect(apart, `${a.customerId} and ${b.customerId}`).toBe(true)
        }
      }
    }
  })

  test('more than 200 accounts are not drawn; smaller managers are offered', () => {
    const picture = present(large(12, 20), { view: 'picture' }).picture
    expect(picture?.drawing).toBeNull()
    expect(picture?.whyNot).toContain('253 accounts are too many')
    expect(picture?.offers).toHaveLength(12)
    expect(picture?.offers[0]?.href).toMatch(/view=picture&at=5/)
  })

  test('an offered manager is drawn alone', () => {
    const picture = present(large(12, 20), { view: 'picture', at: '5000000003' }).picture
    expect(picture?.drawing?.nodes).toHaveLength(21)
    expect(picture?.wholeHref).toBe('/connections/c1/accounts/1000000001?view=picture')
  })
})
