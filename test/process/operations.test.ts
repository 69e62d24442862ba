import { execFile } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, statSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { load } from 'cheerio'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { startApp, type TestApp } from '../support/app.ts'
import { press } from '../support/forms.ts'
import { openSqlite } from '../support/sqlite.ts'

const root = new URL('../../', import.meta.url).pathname
const document = readFileSync(join(root, 'docs/operations.md'), 'utf8')

let app: TestApp
let folder: string
beforeEach(async () => {
  app = await startApp()
  folder = mkdtempSync(join(tmpdir(), 'installation-'))
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'))
  symlinkSync(dirname(app.databaseFile), join(folder, 'data'))
  mkdirSync(join(folder, 'backups'))
})
afterEach(() => app.close())

/** The command of the page that holds these words, run as somebody would paste it. */
async function run(words: string, env: Record<string, string> = {}): Promise<string> {
  const blocks = [...document.matchAll(/^( *)```sh\n([\s\S]*?)^ *```/gm)].map(([, , text = '']) => text)
  const [block = '', ...more] = blocks.filter(text => text.includes(words))
  expect([block === '', more]).toEqual([false, []])
  const { stdout, stderr } = await promisify(execFile)('sh', ['-ec', block], {
    cwd: folder,
    env: { PATH: process.env.PATH ?? '', ...env },
  })
  return stdout + stderr
}

it('the backup with Node alone holds what was written a moment ago, and only its owner reads it', async () => {
  await app.connected('U1')
  expect(await run('VACUUM INTO')).toBe('')
  const [name = ''] = readdirSync(join(folder, 'backups'))
  const file = join(folder, 'backups', name)
  expect(statSync(file).mode & 0o777).toBe(0o600)
  const backup = openSqlite(file, { readOnly: true })
  expect(backup.prepare('select email, credential is null as lost from connections').all()).toEqual([
    { email: 'ines.ferreira@northlight.example.com', lost: 0 },
  ])
  expect(backup.prepare('pragma integrity_check').all()).toEqual([{ integrity_check: 'ok' }])
  backup.close()
})

it('everything is revoked by the loop, whoever owns it, and a second run finds nothing left', async () => {
  await app.connected('U1')
  await app.connected('U2')
  const dagny = await app.connected('ADMIN')
  const change = { name: ['breach'], scopes: ['read', 'manage'] }
  const page = await press(dagny, await dagny.get('/self'), { text: 'Make the key' }, change)
  const env = { KEYRING: app.url, KEY: load(page.text)('[data-fresh="key"]').text() }
  expect((await run('-X DELETE', env)).trim().split('\n')).toEqual(Array(3).fill(expect.stringMatching(/^\S{36} 200$/)))
  for (const label of ['U1', 'U2', 'ADMIN']) {
    expect(app.google.control.world.grants.liveRefreshTokens(label)).toEqual([])
  }
  expect(await run('-X DELETE', env)).toBe('')
  expect(await run('service_account', env)).toBe('')
})
