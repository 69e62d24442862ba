import { chmodSync, existsSync, mkdirSync } from 'node:fs'
import { dirname } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { DatabaseSync, type DatabaseSyncInstance, type StatementSyncInstance } from '@photostructure/sqlite'
import {
  type CompiledQuery,
  type DatabaseConnection,
  type Dialect,
  type Driver,
  type QueryResult,
  SelectQueryNode,
  SqliteAdapter,
  SqliteIntrospector,
  SqliteQueryCompiler,
} from 'kysely'

/** How long a statement or a transaction may wait for its turn. If it hasn't started by then, it fails with SQLITE_BUSY. */
const patienceMs = 2_000
/** After so long in a row, other processes get a moment. */
const longestRunMs = 50
const pauseMs = 6
const inMemory = ':memory:'
const mostStatements = 500

/**
 * kysely on a SQLite file. Kysely's own dialect has one connection, on which everything waits in line, and waits for
 * another process's lock by blocking the event loop. Here reads have a connection of their own, which a writer never
 * holds up (WAL), writes wait in line, and nobody waits without a deadline or inside SQLite.
 */
export function sqliteDialect(path: string): Dialect {
  return {
    createAdapter: () => new TransactionalSqliteAdapter(),
    createDriver: () => new SqliteDriver(path),
    createQueryCompiler: () => new SqliteQueryCompiler(),
    createIntrospector: db => new SqliteIntrospector(db),
  }
}

/** SQLite rolls back schema changes with their transaction; kysely assumes it doesn't. */
class TransactionalSqliteAdapter extends SqliteAdapter {
  override get supportsTransactionalDdl(): boolean {
    return true
  }
}

class SqliteDriver implements Driver {
  readonly #path: string
  readonly #turns = new Turns()
  #writer: Database | undefined
  /** None in memory, where a second connection would be a second database. */
  #reader: Database | undefined

  constructor(path: string) {
    this.#path = path
  }

  async init(): Promise<void> {
    const isNew = this.#path !== inMemory && !existsSync(this.#path)
    if (isNew) mkdirSync(dirname(this.#path), { recursive: true, mode: 0o700 })
    const writer = new Database(this.#path)
    this.#writer = writer
    if (isNew) chmodSync(this.#path, 0o600)
    await patiently(deadline(), () => {
      // WAL lets pages be read while a credential is written; FULL makes an acknowledged credential survive a power cut.
      writer.exec('pragma journal_mode = WAL')
      writer.exec('pragma synchronous = FULL')
      writer.exec('pragma foreign_keys = ON')
      writer.exec('pragma secure_delete = ON')
    })
    if (this.#path !== inMemory) this.#reader = new Database(this.#path, { readOnly: true })
  }

  async acquireConnection(): Promise<SqliteConnection> {
    return new SqliteConnection(opened(this.#writer), this.#reader, this.#turns)
  }

  beginTransaction(connection: SqliteConnection): Promise<void> {
    return connection.begin()
  }

  async commitTransaction(connection: SqliteConnection): Promise<void> {
    connection.commit()
  }

  async rollbackTransaction(connection: SqliteConnection): Promise<void> {
    connection.rollback()
  }

  async releaseConnection(): Promise<void> {}

  async destroy(): Promise<void> {
    this.#reader?.close()
    this.#writer?.close()
  }
}

/** Runs at most one transaction at a time, and the statements before and after it. */
class SqliteConnection implements DatabaseConnection {
  readonly #writer: Database
  readonly #reader: Database | undefined
  readonly #turns: Turns
  #inTransaction = false

  constructor(writer: Database, reader: Database | undefined, turns: Turns) {
    this.#writer = writer
    this.#reader = reader
    this.#turns = turns
  }

  async executeQuery<R>(query: CompiledQuery): Promise<QueryResult<R>> {
    if (this.#inTransaction) return this.#writer.run<R>(query)
    const until = deadline()
    const reader = this.#reader
    if (reader && isRead(query)) return patiently(until, () => reader.run<R>(query))
    await this.#turns.take(until)
    try {
      return await patiently(until, () => this.#writer.run<R>(query))
    } finally {
      this.#turns.give()
    }
  }

  /** A result that stayed open would pin what every other read sees, so it comes in one piece. */
  async *streamQuery<R>(query: CompiledQuery): AsyncIterableIterator<QueryResult<R>> {
    yield await this.executeQuery<R>(query)
  }

  /** IMMEDIATE takes the lock now, so no later statement of the transaction has to wait for another process. */
  async begin(): Promise<void> {
    const until = deadline()
    await this.#turns.take(until)
    try {
      await patiently(until, () => this.#writer.exec('begin immediate'))
    } catch (error) {
      this.#turns.give()
      throw error
    }
    this.#inTransaction = true
  }

  /** If this fails, kysely calls `rollback`. */
  commit(): void {
    this.#writer.exec('commit')
    this.#end()
  }

  /** SQLite may have rolled back already, for example when the disk is full. */
  rollback(): void {
    try {
      if (this.#writer.isTransaction) this.#writer.exec('rollback')
    } finally {
      this.#end()
    }
  }

  #end(): void {
    this.#inTransaction = false
    this.#turns.give()
  }
}

/** Lets callers in one after the other. A caller who isn't in by the deadline gets an error and never runs. */
class Turns {
  readonly #waiting: { until: number; enter(): void }[] = []
  #taken = false
  /** When the line that is being served began, or the last moment for others ended. */
  #since = 0

  async take(until: number): Promise<void> {
    if (!this.#taken) {
      this.#taken = true
      this.#since = performance.now()
      return
    }
    await new Promise<void>((resolve, reject) => {
      const waiter = {
        until,
        enter() {
          clearTimeout(timer)
          resolve()
        },
      }
      const timer = setTimeout(() => {
        this.#waiting.splice(this.#waiting.indexOf(waiter), 1)
        reject(Object.assign(new Error('the database is busy'), { code: 'SQLITE_BUSY' }))
      }, until - performance.now())
      this.#waiting.push(waiter)
    })
  }

  /** A line that never ends would keep other processes out, so now and then they get a moment. */
  give(): void {
    if (this.#waiting.length > 0 && performance.now() - this.#since > longestRunMs) {
      setTimeout(() => {
        this.#since = performance.now()
        this.#next()
      }, pauseMs)
    } else this.#next()
  }

  #next(): void {
    const next = this.#waiting.findIndex(({ until }) => until > performance.now())
    const [waiter] = next === -1 ? [] : this.#waiting.splice(next, 1)
    this.#taken = waiter !== undefined
    waiter?.enter()
  }
}

/** One connection; its errors have `code` SQLITE_BUSY and so on. */
class Database {
  readonly #database: DatabaseSyncInstance
  /** Statements by their text: compiling one takes longer than most take to run. */
  readonly #statements = new Map<string, { statement: StatementSyncInstance; answersRows: boolean }>()

  /** Without a busy timeout: SQLite would wait by blocking the event loop. */
  constructor(path: string, { readOnly = false } = {}) {
    this.#database = named(() => new DatabaseSync(path, { readOnly, timeout: 0 }))
  }

  get isTransaction(): boolean {
    return this.#database.isTransaction
  }

  exec(sql: string): void {
    named(() => this.#database.exec(sql))
  }

  run<R>({ sql, parameters }: CompiledQuery): QueryResult<R> {
    return named(() => {
      const { statement, answersRows } = this.#prepared(sql)
      if (answersRows) return { rows: statement.all(...parameters) }
      const { changes, lastInsertRowid } = statement.run(...parameters)
      return { rows: [], numAffectedRows: BigInt(changes), insertId: BigInt(lastInsertRowid) }
    })
  }

  close(): void {
    this.#statements.clear()
    this.#database.close()
  }

  #prepared(sql: string) {
    const known = this.#statements.get(sql)
    if (known) return known
    const statement = this.#database.prepare(sql)
    const prepared = { statement, answersRows: statement.columns().length > 0 }
    if (this.#statements.size >= mostStatements) this.#statements.clear()
    this.#statements.set(sql, prepared)
    return prepared
  }
}

/**
 * node:sqlite calls every error ERR_SQLITE_ERROR. SQLite's number isn't beside each of them (not for `all`), but its text
 * is (https://sqlite.org/rescode.html).
 */
const codes: Record<string, string> = {
  'database is locked': 'SQLITE_BUSY',
  'database table is locked': 'SQLITE_LOCKED',
  'attempt to write a readonly database': 'SQLITE_READONLY',
  'disk I/O error': 'SQLITE_IOERR',
  'database or disk is full': 'SQLITE_FULL',
  'unable to open database file': 'SQLITE_CANTOPEN',
}

function named<T>(work: () => T): T {
  try {
    return work()
  } catch (error) {
    if (!(error instanceof Error)) throw error
    const code = codes[(error as { errstr?: string }).errstr ?? error.message]
    throw code === undefined ? error : Object.assign(error, { code })
  }
}

function opened(database: Database | undefined): Database {
  if (!database) throw new Error('the database has not been opened')
  return database
}

function deadline(): number {
  return performance.now() + patienceMs
}

/** Tries again while another process holds the database, and does other work in between. */
async function patiently<T>(until: number, attempt: () => T): Promise<T> {
  for (;;) {
    try {
      return attempt()
    } catch (error) {
      if (!isBusy(error) || performance.now() > until) throw error
    }
    await delay(1 + Math.random() * 4)
  }
}

function isBusy(error: unknown): boolean {
  return /^SQLITE_(BUSY|LOCKED)/.test(String((error as { code?: unknown } | null)?.code))
}

function isRead({ query, sql }: CompiledQuery): boolean {
  return SelectQueryNode.is(query) || /^\s*select\b/i.test(sql)
}
