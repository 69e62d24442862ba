import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { sql } from 'kysely'
import { afterEach, describe, expect, it } from 'vitest'
import { DatabaseError, type Db, openDatabase } from '../../src/db/database.ts'
import { inTransaction } from '../../src/db/transaction.ts'
import { toAppError } from '../../src/web/problem.ts'
import { freePort } from '../support/free-port.ts'
import { openSqlite } from '../support/sqlite.ts'

let db: Db | null = null
afterEach(async () => {
  await db?.destroy()
  db = null
})
const file = () => `sqlite:${join(mkdtempSync(join(tmpdir(), 'keyring-')), 'test.db')}`

describe('a database that cannot be worked with', () => {
  it('written by a newer release is said in a sentence', async () => {
    const url = file()
    db = await openDatabase(url)
    await sql`insert into kysely_migration values ('999-of-tomorrow', '2030-01-01')`.execute(db)
    await db.destroy()
    db = null
    await expect(openDatabase(url)).rejects.toThrow(DatabaseError)
    await expect(openDatabase(url)).rejects.toThrow('newer release')
  })

  it('that does not answer is said in a sentence, without the password', async () => {
    const opening = openDatabase(`postgres://someone:pass-word@127.0.0.1:${await freePort()}/keyring`)
    await expect(opening).rejects.toThrow(/cannot be reached .*ECONNREFUSED/)
    await expect(opening).rejects.not.toThrow(/pass-word|someone/)
  })
})

it('row 62b: a full disk is told as that, not as the rollback that SQLite has done itself', async () => {
  db = await openDatabase(file())
  await sql`pragma max_page_count = 200`.execute(db)
  const filling = inTransaction(db, async tx => {
    for (let each = 0; each < 500; each++) {
      const secret = { name: String(each), value: 'x'.repeat(10_000), created_at: '' }
      await tx.insertInto('vault_secrets').values(secret).execute()
    }
  })
  await expect(filling).rejects.toMatchObject({ code: 'SQLITE_FULL' })
  expect(toAppError(await filling.catch(error => error))).toMatchObject({ code: 'unavailable' })
  expect(await db.selectFrom('vault_secrets').select('name').execute()).toEqual([])
})

it('every way of asking waits for a lock another process holds', async () => {
  const url = file()
  db = await openDatabase(url)
  const holder = openSqlite(url.slice('sqlite:'.length))
  holder.exec('begin immediate')
  const secret = (name: string) => ({ name, value: '', created_at: '' })
  const asked = [
    db.insertInto('vault_secrets').values(secret('run')).execute(),
    db.insertInto('vault_secrets').values(secret('answers rows')).returning('name').execute(),
    inTransaction(db, tx => tx.insertInto('vault_secrets').values(secret('in a transaction')).execute()),
  ]
  // It reads meanwhile, also when it is opened a second time.
  const other = await openDatabase(url)
  expect(await other.selectFrom('vault_secrets').select('name').execute()).toEqual([])
  await other.destroy()
  holder.exec('rollback')
  holder.close()
  await Promise.all(asked)
  expect(await db.selectFrom('vault_secrets').select('name').execute()).toHaveLength(3)
})
