import { Router } from 'express'
import { sql } from 'kysely'
import type { Context } from '../context.ts'
import { sealedColumns } from '../sealed-columns.ts'
import { checkKeys } from '../vault/key-check.ts'

const keysFitMs = 10_000

/** Alive, and able to work: the database answers and the keys open what is stored. Neither needs a session. */
export function health({ db, now, vault, log }: Context, stopping: AbortSignal): Router {
  const router = Router()
  // The keys are compared with every row, for whoever asks: once in ten seconds is enough.
  let fit: { at: number; checked: Promise<void> } | null = null
  router.get('/healthz', (_req, res) => {
    res.type('text/plain').send('ok')
  })
  router.get('/readyz', async (_req, res) => {
    const ready = !stopping.aborted && (await canWork())
    if (!ready) res.set('Retry-After', '10')
    res
      .status(ready ? 200 : 503)
      .type('text/plain')
      .send(ready ? 'ready' : 'not ready')
  })
  return router

  async function canWork(): Promise<boolean> {
    try {
      await sql`select 1`.execute(db)
      const at = now().getTime()
      if (fit === null || Math.abs(at - fit.at) > keysFitMs) fit = { at, checked: checkKeys(db, vault, sealedColumns) }
      await fit.checked
      return true
    } catch (error) {
      fit = null
      log.error({ err: error }, 'not ready')
      return false
    }
  }
}
