import { execFile } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { checkpointsIn } from '../../src/audit/checkpoint.ts'
import { followConsent, startApp, type TestApp } from '../support/app.ts'
import { asIntruder, copyOf, everything, putBack } from '../support/database.ts'
import { openSqlite } from '../support/sqlite.ts'

const TOKEN_KEYS = `k1:${randomBytes(32).toString('base64url')}`
let app: TestApp

beforeEach(async () => {
  app = await startApp({ env: { TOKEN_KEYS } })
})
afterEach(() => app.close())

/** `npm run audit -- …` as built, beside the running application. */
function audit(args: string[], env: Record<string, string> = {}, input = '') {
  const settings = { DATABASE_URL: `sqlite:${app.databaseFile}`, TOKEN_KEYS, ...env }
  const file = new URL('../../dist/audit-command.js', import.meta.url).pathname
  return new Promise<{ code: unknown; out: string; err: string }>(resolve => {
    const command = execFile(
      process.execPath,
      [file, ...args],
      { env: { PATH: process.env.PATH ?? '', ...settings } },
      (error, out, err) => resolve({ code: error?.code ?? 0, out, err }),
    )
    command.stdin?.end(input)
  })
}

it('finds the trail of a running installation intact, while it writes', async () => {
  await app.connected('U1')
  const [first, browser] = await Promise.all([audit(['verify']), app.connected('U2')])
  expect(first).toMatchObject({ code: 0, err: '' })
  expect(first.out).toMatch(/^The chain is intact: \d+ entries are as written\.\n$/)
  await browser.post('/auth/sign-out')
  expect((await audit(['verify'])).out).toContain('6 entries')
})

it('says where the chain breaks, and ends with 1', async () => {
  await app.connected('U1')
  const database = openSqlite(app.databaseFile)
  database.prepare("update audit_entries set target_name = 'other@x' where seq = 3").run()
  database.close()
  const { code, out } = await audit(['verify'])
  expect(code).toBe(1)
  expect(out).toMatch(/^2 entries are as written, then the chain breaks\. Entry 3 is not what was written there\. /)
})

it('tells a trail it could not verify from a broken one', { timeout: 120_000 }, async () => {
  await app.connected('U1')
  const otherKeys = `k1:${randomBytes(32).toString('base64url')}`
  const newKeys = `k2:${randomBytes(32).toString('base64url')}`
  const nowhere = join(mkdtempSync(join(tmpdir(), 'keyring-')), 'none.db')
  for (const [args, env, said] of [
    [['verify'], { TOKEN_KEYS: otherKeys }, 'k1'],
    [['verify'], { TOKEN_KEYS: newKeys }, 'TOKEN_KEYS'],
    [['verify'], { TOKEN_KEYS: '' }, 'TOKEN_KEYS'],
    [['verify'], { DATABASE_URL: `sqlite:${nowhere}` }, nowhere],
    [[], {}, 'Usage: npm run audit'],
    [['verify', '--reason', 'x'], {}, 'Usage'],
    [['begin-anew'], {}, '--reason'],
    [['begin-anew', '--reason', ' '], {}, '--reason'],
    [['verify', '--since', 'audit-checkpoint:1:x'], {}, 'no checkpoint'],
    [['verify', '--since', nowhere], {}, 'cannot be read'],
    [['verify', 'twice'], {}, 'Usage'],
  ] as [string[], Record<string, string>, string][]) {
    const { code, out, err } = await audit(args, env)
    expect({ code, out }, said).toEqual({ code: 2, out: '' })
    expect(err).toContain(said)
    expect(err).not.toContain(TOKEN_KEYS.slice(3))
    expect(err).not.toContain('    at ')
  }
})

describe('against a checkpoint from outside', () => {
  const since = (checkpoint: string, input?: string) => audit(['verify', '--since', checkpoint], {}, input)
  const checkpoint = async () => (await audit(['checkpoint'])).out.trim()
  const signOutAndIn = async () => {
    await (await app.connected('U2')).post('/auth/sign-out')
  }
  const run = (statement: string) => asIntruder(app, statement)

  it('says that the trail continues: by its text, by a file, by the log, by an export', async () => {
    const browser = app.browser()
    await followConsent(browser, await browser.get('/auth/start?intent=sign-in'), 'ADMIN')
    await app.sweep()
    await app.restart()
    const logged = checkpointsIn(app.log())
    expect(logged).toMatchObject([{ genuine: true, seq: 2 }])
    const jsonl = (await browser.get('/audit/export?format=jsonl')).text
    const csv = (await browser.get('/audit/export?format=csv')).text
    await app.restart()
    const text = await checkpoint()
    expect(checkpointsIn([jsonl, csv, text].join('\n')).map(({ seq }) => seq)).toEqual([3, 4, 4])
    for (const given of [text, logged[0]?.text ?? '']) {
      expect(await since(given)).toMatchObject({
        code: 0,
        out: expect.stringContaining('The trail continues from the'),
      })
    }
    expect(await since('-', jsonl)).toMatchObject({ code: 0, out: expect.stringContaining('at entry 3') })
    const file = join(mkdtempSync(join(tmpdir(), 'keyring-')), 'keyring.log')
    writeFileSync(file, `${app.log()}\n${csv}`)
    expect((await since(file)).out).toMatch(/The trail continues from all \d checkpoints, the newest at entry 4/)
  })

  it('sees that the whole database is an older one, which nothing inside can see', async () => {
    const older = await copyOf(app, everything)
    await signOutAndIn()
    const newer = await checkpoint()
    await app.restart({}, () => putBack(app, older))
    expect((await audit(['verify'])).code).toBe(0)
    const { code, out } = await since(newer)
    expect({ code }, out).toEqual({ code: 4 })
    expect(out).toContain('The chain is intact')
    expect(out).toContain('Somebody put back an older copy of the database')
    // And it stays visible when the trail has grown past that number again.
    for (let count = 0; count < 3; count++) await signOutAndIn()
    expect((await since(newer)).code).toBe(4)
  })

  it('tells cut, changed, foreign and forged apart', async () => {
    await signOutAndIn()
    const text = await checkpoint()
    const other = await startApp({ env: { TOKEN_KEYS } })
    const theirs = (await audit(['checkpoint'], { DATABASE_URL: `sqlite:${other.databaseFile}` })).out.trim()
    await other.close()
    const forged = text.replace('audit-checkpoint:1:', 'audit-checkpoint:1:9')
    expect(await since(theirs)).toMatchObject({ code: 6, out: expect.stringContaining('Foreign') })
    expect(await since(forged)).toMatchObject({ code: 7, out: expect.stringContaining('Forged') })
    expect((await since(`${theirs} ${forged} ${text}`)).code).toBe(6)
    const whole = await copyOf(app, everything)
    await run(`update audit_entries set actor_name = 'x' where seq = 2`)
    expect(await since(text)).toMatchObject({ code: 5, out: expect.stringContaining('Changed') })
    await putBack(app, whole)
    await run(`delete from audit_entries where seq = (select max(seq) from audit_entries)`)
    expect(await since(text)).toMatchObject({ code: 3, out: expect.stringContaining('Cut') })
    await putBack(app, whole)
    expect((await since(text)).code).toBe(0)
  })

  it('is checked by anybody with the few lines of docs/audit.md', async () => {
    const text = await checkpoint()
    const page = readFileSync(new URL('../../docs/audit.md', import.meta.url), 'utf8')
    const [, code = ''] = /```js\n([\s\S]*?)```/.exec(page) ?? []
    const file = join(mkdtempSync(join(tmpdir(), 'keyring-')), 'check.mjs')
    writeFileSync(file, code)
    const { isGenuine } = await import(file)
    expect(isGenuine(text)).toBe(true)
    expect(isGenuine(text.replace(':1:', ':1:1'))).toBe(false)
  })
})

describe('a trail that was lost', () => {
  it('is begun anew only by a command, which keeps the reason and what is left', async () => {
    await app.connected('U1')
    const before = (await audit(['checkpoint'])).out.trim()
    const problem = await app
      .restart({}, async () => void (await asIntruder(app, `delete from vault_secrets where name = 'audit-chain'`)))
      .catch((error: unknown) => error)
    expect(problem).toMatchObject({ name: 'TrailLostError' })
    const verified = await audit(['verify'])
    expect(verified.code).toBe(1)
    expect(verified.out).toContain('The secret of the audit trail is missing')
    expect(verified.out).toContain('npm run audit -- begin-anew --reason')
    expect((await audit(['checkpoint'])).code).toBe(2)
    expect(await audit(['begin-anew', '--reason', 'the secret was deleted'])).toMatchObject({ code: 0, err: '' })
    await app.restart()
    const entries = await asIntruder(app, 'select seq, action, changes from audit_entries order by seq desc')
    expect(entries[0]).toMatchObject({ seq: 4, action: 'audit.begun' })
    expect(JSON.parse(String(entries[0]?.changes))).toEqual({ reason: 'the secret was deleted', entries: '3' })
    expect(entries).toHaveLength(4)
    await app.connected('U1')
    const { code, out } = await audit(['verify'])
    expect(code).toBe(0)
    expect(out).toMatch(/^The chain is intact: 3 entries are as written\. This trail was begun anew on .* with entry 4/)
    expect(out).toContain('the secret was deleted. Entries before that are no longer verified.')
    expect((await audit(['verify', '--since', before])).code).toBe(6)
  })
})
