import { Router } from 'express'
import { sql } from 'kysely'
import type { Context } from '../context.ts'
import { sealedColumns } from '../sealed-columns.ts'
import { checkKeys } from '../vault/key-check.ts'

/** Alive, and able to work: the database answers and the keys open what is stored. Neither needs a session. */
export function health({ db, vault, log }: Context, stopping: AbortSignal): Router {
  const router = Router()
  router.get('/healthz', (_req, res) => {
    res.type('text/plain').send('ok')
  })
  router.get('/readyz', async (_req, res) => {
    const ready = !stopping.aborted && (await canWork())
    res
      .status(ready ? 200 : 503)
      .type('text/plain')
      .send(ready ? 'ready' : 'not ready')
  })
  return router

  async function canWork(): Promise<boolean> {
    try {
      await sql`select 1`.execute(db)
      await checkKeys(db, vault, sealedColumns)
      return true
    } catch (error) {
      log.error({ err: error }, 'not ready')
      return false
    }
  }
}
