import type { SessionData } from 'express-session'
import { afterEach, describe, expect, it } from 'vitest'
import type { Db } from '../../src/db/database.ts'
import { createLog } from '../../src/log.ts'
import { SessionStore } from '../../src/web/session-store.ts'
import { engines } from '../support/engines.ts'

const session = { cookie: { originalMaxAge: null }, flash: { kind: 'info', text: 'kept' } } as unknown as SessionData

for (const engine of engines) {
  describe(`sessions in ${engine.name}`, () => {
    let db: Db
    let time = new Date('2026-01-01T08:00:00Z')

    const open = async () => {
      db = await engine.open()
      time = new Date('2026-01-01T08:00:00Z')
      const store = new SessionStore(db, { record: async () => {} }, createLog('fatal'), () => time)
      const call = <T>(work: (done: (error?: unknown, value?: T) => void) => void) =>
        new Promise<T | undefined>((resolve, reject) =>
          work((error, value) => (error ? reject(error) : resolve(value))),
        )
      return {
        get: (id: string) => call<SessionData | null>(done => store.get(id, done)),
        set: (id: string) => call(done => store.set(id, session, done)),
        touch: (id: string) => call(done => store.touch(id, session, done)),
        destroy: (id: string) => call(done => store.destroy(id, done)),
        sweep: () => store.sweep(),
      }
    }
    const later = (minutes: number) => {
      time = new Date(time.getTime() + minutes * 60_000)
    }
    afterEach(() => db.destroy())

    it('are kept under a hash of their id only', async () => {
      const store = await open()
      await store.set('the-session-id')
      expect(await store.get('the-session-id')).toMatchObject({ flash: { text: 'kept' } })
      const rows = await db.selectFrom('sessions').selectAll().execute()
      expect(rows).toHaveLength(1)
      expect(JSON.stringify(rows)).not.toContain('the-session-id')
    })

    it('row 25: cannot be brought back by a request that was under way while signing out', async () => {
      const store = await open()
      await store.set('a')
      await store.destroy('a')
      await store.set('a')
      await store.touch('a')
      expect(await store.get('a')).toBeNull()
    })

    it('row 23: end after an hour without use, and eight hours after they began however much they are used', async () => {
      const store = await open()
      await store.set('idle')
      later(61)
      expect(await store.get('idle')).toBeNull()

      await store.set('busy')
      for (let minutes = 0; minutes < 8 * 60; minutes += 50) {
        expect(await store.get('busy'), `after ${minutes} minutes`).not.toBeNull()
        await store.set('busy')
        later(50)
      }
      expect(await store.get('busy')).toBeNull()
    })

    it('row 23: leave nothing behind after their absolute end', async () => {
      const store = await open()
      await store.set('a')
      await store.destroy('a')
      later(9 * 60)
      await store.sweep()
      expect(await db.selectFrom('sessions').selectAll().execute()).toEqual([])
    })

    it('fail loudly when the database does not answer', async () => {
      const store = await open()
      await db.destroy()
      await expect(store.get('a')).rejects.toMatchObject({ code: 'unavailable' })
      await expect(store.set('a')).rejects.toMatchObject({ code: 'unavailable' })
    })
  })
}
