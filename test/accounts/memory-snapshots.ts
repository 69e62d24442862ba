import type { Snapshots } from '../../src/accounts/snapshots.ts'

/** Snapshots in memory, as JSON text like a database keeps them; counts how often a value was parsed. */
export function memorySnapshots(): Snapshots & {
  rows: Map<string, { text: string; fetchedAt: string }>
  parsed: number
} {
  const rows = new Map<string, { text: string; fetchedAt: string }>()
  return {
    rows,
    parsed: 0,
    async read(connectionId, kind, key, knownFetchedAt) {
      const row = rows.get(`${connectionId} ${kind} ${key}`)
      if (!row) return null
      if (row.fetchedAt === knownFetchedAt) return { value: undefined, fetchedAt: row.fetchedAt }
      this.parsed++
      return { value: JSON.parse(row.text), fetchedAt: row.fetchedAt }
    },
    async write(connectionId, kind, key, value, fetchedAt) {
      rows.set(`${connectionId} ${kind} ${key}`, { text: JSON.stringify(value), fetchedAt })
    },
  }
}
