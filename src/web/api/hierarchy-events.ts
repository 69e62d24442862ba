import type { RequestHandler, Response } from 'express'
import type { Hierarchy } from '../../accounts/account.ts'
import type { Context } from '../../context.ts'
import { customerIdIn, usableConnection } from '../usable.ts'

const throttleMs = 200

/**
 * A load as server-sent events (HTML Living Standard, 9.2): `progress` with counts while it runs, then one `complete`.
 * For a hierarchy that is not loading, `complete` comes at once.
 */
export function createHierarchyEvents(context: Context, stopping: AbortSignal): RequestHandler {
  return async (req, res) => {
    const connection = await usableConnection(context, req.params.id, res)
    const loginCustomerId = customerIdIn(req, 'loginCustomerId')
    const first = await context.accounts.hierarchy(connection, loginCustomerId)
    res.writeHead(200, { 'Content-Type': 'text/event-stream', 'X-Accel-Buffering': 'no' })

    let latest: Hierarchy | null = null
    let waiting: NodeJS.Timeout | undefined
    let unwatch = () => {}
    // `res.writableEnded` comes later: the session is kept before the answer ends.
    let ended = false
    const end = () => {
      ended = true
      clearTimeout(waiting)
      unwatch()
      res.end()
    }
    const send = (hierarchy: Hierarchy) => {
      if (ended) return
      if (!hierarchy.loading) {
        event(res, 'complete', hierarchy)
        return end()
      }
      latest = hierarchy
      waiting ??= setTimeout(tellLatest, throttleMs)
    }
    const tellLatest = () => {
      waiting = undefined
      if (latest && !ended) event(res, 'progress', latest)
    }
    if (stopping.aborted) return end()
    stopping.addEventListener('abort', end, { once: true })
    res.on('close', () => {
      stopping.removeEventListener('abort', end)
      clearTimeout(waiting)
      unwatch()
    })
    send(first)
    if (first.loading) event(res, 'progress', first)
    if (!ended) unwatch = context.accounts.watch(connection, loginCustomerId, send)
    if (ended) unwatch()
  }
}

function event(res: Response, name: 'progress' | 'complete', { progress, complete, loading }: Hierarchy): void {
  res.write(`event: ${name}\ndata: ${JSON.stringify({ ...progress, complete: complete && !loading })}\n\n`)
}
