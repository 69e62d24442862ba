import { execFile } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { startApp, type TestApp } from '../support/app.ts'
import { openSqlite } from '../support/sqlite.ts'

const TOKEN_KEYS = `k1:${randomBytes(32).toString('base64url')}`
let app: TestApp

beforeEach(async () => {
  app = await startApp({ env: { TOKEN_KEYS } })
})
afterEach(() => app.close())

/** `npm run audit -- …` as built, beside the running application. */
function audit(args: string[], env: Record<string, string> = {}) {
  const settings = { DATABASE_URL: `sqlite:${app.databaseFile}`, TOKEN_KEYS, ...env }
  const file = new URL('../../dist/audit-command.js', import.meta.url).pathname
  return new Promise<{ code: unknown; out: string; err: string }>(resolve => {
    execFile(
      process.execPath,
      [file, ...args],
      { env: { PATH: process.env.PATH ?? '', ...settings } },
      (error, out, err) => resolve({ code: error?.code ?? 0, out, err }),
    )
  })
}

it('finds the trail of a running installation intact, while it writes', async () => {
  await app.connected('U1')
  const [first, browser] = await Promise.all([audit(['verify']), app.connected('U2')])
  expect(first).toMatchObject({ code: 0, err: '' })
  expect(first.out).toMatch(/^The chain is intact: \d+ entries are as written\.\n$/)
  await browser.post('/auth/sign-out')
  expect((await audit(['verify'])).out).toContain('5 entries')
})

it('says where the chain breaks, and ends with 1', async () => {
  await app.connected('U1')
  const database = openSqlite(app.databaseFile)
  database.prepare("update audit_entries set target_name = 'other@x' where seq = 2").run()
  database.close()
  const { code, out } = await audit(['verify'])
  expect(code).toBe(1)
  expect(out).toBe('1 entry is as written, then the chain breaks. Entry 2 is not what was written there.\n')
})

it('tells a trail it could not verify from a broken one', async () => {
  await app.connected('U1')
  const otherKeys = `k1:${randomBytes(32).toString('base64url')}`
  const newKeys = `k2:${randomBytes(32).toString('base64url')}`
  const nowhere = join(mkdtempSync(join(tmpdir(), 'keyring-')), 'none.db')
  for (const [args, env, said] of [
    [['verify'], { TOKEN_KEYS: otherKeys }, 'k1'],
    [['verify'], { TOKEN_KEYS: newKeys }, 'TOKEN_KEYS'],
    [['verify'], { TOKEN_KEYS: '' }, 'TOKEN_KEYS'],
    [['verify'], { DATABASE_URL: `sqlite:${nowhere}` }, nowhere],
    [[], {}, 'Usage: npm run audit -- verify'],
    [['verify', 'twice'], {}, 'Usage'],
  ] as [string[], Record<string, string>, string][]) {
    const { code, out, err } = await audit(args, env)
    expect({ code, out }, said).toEqual({ code: 2, out: '' })
    expect(err).toContain(said)
    expect(err).not.toContain(TOKEN_KEYS.slice(3))
    expect(err).not.toContain('    at ')
  }
})
