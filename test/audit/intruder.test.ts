import { load } from 'cheerio'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { TrailLostError } from '../../src/audit/trail.ts'
import { followConsent, startApp, type TestApp } from '../support/app.ts'
import type { BrowserSession } from '../support/browser-session.ts'
import { asIntruder, type Copy, copyOf, everything, putBack } from '../support/database.ts'

const trailTables = ['audit_entries', 'audit_head', 'vault_secrets']

describe.each(['sqlite', 'postgres'] as const)('whoever can write the database but has no key, on %s', database => {
  let app: TestApp
  let admin: BrowserSession
  let connectionId: string
  /** The database at the start of each test, which is whole. */
  let whole: Copy
  /** The trail before the connection was shared. */
  let earlier: Copy

  beforeAll(async () => {
    app = await startApp({ database })
    const member = await app.connected('U1')
    admin = app.browser()
    await followConsent(admin, await admin.get('/auth/start?intent=sign-in'), 'ADMIN')
    connectionId = JSON.parse((await member.get('/api/v1/connections')).text).connections[0].id
    earlier = await copyOf(app, trailTables)
    await act('share')
    whole = await copyOf(app, everything)
  })
  afterAll(() => app.close())
  beforeEach(() => app.restart({}, () => putBack(app, whole)))

  const run = (statement: string) => asIntruder(app, statement)
  async function act(deed: 'share' | 'unshare'): Promise<void> {
    expect((await admin.post(`/connections/${connectionId}/${deed}`)).status).toBe(303)
  }
  async function verdict(): Promise<string> {
    const pressed = await admin.post('/audit/verify')
    expect(pressed.status).toBe(303)
    return load((await admin.get('/audit')).text)('.flash').text()
  }
  const alarms = async () =>
    (await run(`select changes from audit_entries where action = 'audit.rollback_detected' order by seq`)).map(row =>
      JSON.parse(String(row.changes)),
    )
  const lastSeq = async () => Number((await run('select max(seq) as seq from audit_entries'))[0]?.seq)
  const wipe = async () => {
    await run('delete from audit_entries')
    await run(`update audit_head set seq = 0, hash = ''`)
  }
  const startsWith = (lost: string) => expect.objectContaining({ name: new TrailLostError('secret').name, lost })
  /** What a start with the database in this state ends with; the next test puts everything back. */
  const startAfter = async (change: () => Promise<unknown>) => {
    const problem = await app
      .restart({}, async () => void (await change()))
      .then(
        () => null,
        (error: unknown) => error,
      )
    return problem
  }

  test('leaves a trail that verifies as long as nothing is touched, through restarts and sweeps', async () => {
    await app.sweep()
    await act('unshare')
    await act('share')
    await app.restart()
    await app.sweep()
    expect(await verdict()).toContain('The chain is intact')
    expect(await alarms()).toEqual([])
  })

  test('row 75: wiping a live trail is seen by the verification, and written down by the next entry', async () => {
    const before = await lastSeq()
    await wipe()
    expect(await verdict()).toMatch(/the chain breaks/)
    await act('unshare')
    expect(await alarms()).toEqual([{ expected: String(before), found: '0' }])
    expect(await verdict()).toMatch(/Entry 1 is missing\. A running server noticed this/)
    await app.restart()
    expect(await verdict()).toMatch(/Entry 1 is missing\. A running server noticed this/)
  })

  test('row 75: wiping a trail at rest stops the next start, with or without its secret', async () => {
    expect(await startAfter(wipe)).toEqual(startsWith('entries'))
    expect(
      await startAfter(async () => {
        await wipe()
        await run(`delete from vault_secrets where name = 'audit-chain'`)
      }),
    ).toEqual(startsWith('secret'))
    expect(await startAfter(() => run('delete from audit_head'))).toEqual(startsWith('secret'))
  })

  test('row 75: deleting the secret of the trail is seen live, and never mended silently by a start', async () => {
    await run(`delete from vault_secrets where name = 'audit-chain'`)
    expect(await verdict()).toContain('The secret of the chain is missing')
    expect(await startAfter(async () => {})).toEqual(startsWith('secret'))
    expect(await run(`select name from vault_secrets where name = 'audit-chain'`)).toEqual([])
  })

  test('row 75: cutting the end and putting back a head seen before is seen live, also by the sweep alone', async () => {
    const seq = await lastSeq()
    await putBack(app, new Map([...earlier].filter(([table]) => table !== 'vault_secrets')))
    expect(await verdict()).toMatch(/The trail was set back: entry \d+ about the row \w+ [\w-]+ is gone\./)
    await app.sweep()
    expect(await alarms()).toEqual([{ expected: String(seq), found: String(seq - 1) }])
    expect(app.log()).toContain('the audit trail was set back or altered')
    expect(await verdict()).toMatch(new RegExp(`Entry ${seq} is missing`))
    await app.sweep()
    expect(await alarms()).toHaveLength(1)
  })

  test('row 75: an older trail and its older secret, put back at rest, do not fit the rows beside them', async () => {
    const seq = await lastSeq()
    expect(await startAfter(() => putBack(app, earlier))).toBe(null)
    expect(await alarms()).toEqual([{ expected: String(seq), found: String(seq - 1) }])
    await act('unshare')
    await app.restart()
    expect(await alarms()).toHaveLength(1)
    expect(await verdict()).toContain(`Entry ${seq} is missing. A running server noticed this`)
  })

  test('row 75: cutting the end and taking the stamps off the rows that know of it is written down by the next start', async () => {
    const problem = await startAfter(async () => {
      await putBack(app, earlier)
      await run('update connections set audit_stamp = null')
      await run('update members set audit_stamp = null')
    })
    expect(problem).toBe(null)
    expect(await alarms()).toHaveLength(1)
    expect(await verdict()).toContain('the chain breaks')
  })

  test('cannot use the stamp of another row, or insert a row', async () => {
    const mine = `(select audit_stamp from connections where id = '${connectionId}')`
    await run(`update members set audit_stamp = ${mine} where role <> 'admin'`)
    expect(await verdict()).toMatch(/The row members [\w-]+ has no valid stamp of the last entry about it/)
    await putBack(app, whole)
    await run(`insert into members (id, sub, email, role, status, admitted_by, created_at, signed_in_at)
      values ('m', '7', 'eve@x.example', 'admin', 'active', 'domain:x.example', '2026', '2026')`)
    expect(await verdict()).toMatch(/The row members m has no valid stamp/)
  })

  test('is seen when a row is put back alone, with its stamp', async () => {
    const [row] = whole.get('connections') ?? []
    await act('unshare')
    await run(`update connections set shared = 1, audit_stamp = '${row?.audit_stamp}'`)
    expect(await verdict()).toContain(`The row connections ${connectionId} was put back to what it was before entry`)
  })

  test('is seen when entries stand before the first', async () => {
    await run(`insert into audit_entries select -1, at, actor_kind, actor_id, actor_name, via, via_id, request_id, action,
      target_kind, target_id, target_name, outcome, changes, hash from audit_entries where seq = 2`)
    expect(await verdict()).toContain('Ads Keyring did not write the entries from')
  })

  test('a second process that writes in turn raises no alarm, and sees what happened behind the first', async () => {
    const twin = await app.twin()
    const there = twin.as(admin)
    try {
      for (const [deed, browser] of [
        ['unshare', there],
        ['share', admin],
        ['unshare', admin],
        ['share', there],
      ] as const) {
        expect((await browser.post(`/connections/${connectionId}/${deed}`)).status).toBe(303)
      }
      await Promise.all([app.sweep(), twin.sweep()])
      expect(await alarms()).toEqual([])
      expect(await verdict()).toContain('The chain is intact')
      await putBack(app, new Map([...earlier].filter(([table]) => table !== 'vault_secrets')))
      await twin.sweep()
      await app.sweep()
      await twin.sweep()
      expect((await alarms()).length).toBeGreaterThanOrEqual(1)
      const count = (await alarms()).length
      await app.sweep()
      await twin.sweep()
      expect(await alarms()).toHaveLength(count)
    } finally {
      await twin.close()
    }
  })

  test('restoring a whole backup while the server is stopped raises no alarm, and cannot be seen from inside', async () => {
    await act('unshare')
    expect(await startAfter(() => putBack(app, whole))).toBe(null)
    await app.sweep()
    expect(await alarms()).toEqual([])
    expect(await verdict()).toContain('The chain is intact')
  })
})
