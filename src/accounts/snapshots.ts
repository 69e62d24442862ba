/** `direct`: key ''. `hierarchy`: key = login customer id. `campaigns`: key = login customer id + '/' + customer id. */
export type SnapshotKind = 'direct' | 'hierarchy' | 'campaigns'

export interface Snapshot {
  /** JSON. Left out (undefined) when the reader said it has this very version already. */
  value: unknown
  /** ISO 8601, UTC. Names the version: two snapshots under one key with equal `fetchedAt` are the same. */
  fetchedAt: string
}

/** What Google answered earlier, kept per connection. Written whole, read whole; forgotten with its connection. */
export interface Snapshots {
  /**
   * The stored snapshot, or null. With `knownFetchedAt` the store may leave `value` undefined when it holds exactly that
   * version, which spares reading and parsing megabytes; a store that ignores it is right too.
   */
  read(connectionId: string, kind: SnapshotKind, key: string, knownFetchedAt?: string): Promise<Snapshot | null>
  write(connectionId: string, kind: SnapshotKind, key: string, value: unknown, fetchedAt: string): Promise<void>
}
