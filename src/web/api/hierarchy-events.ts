import type { RequestHandler, Response } from 'express'
import type { Hierarchy } from '../../accounts/account.ts'
import type { Context } from '../../context.ts'
import { isAppError } from '../../errors.ts'
import { stillAllowed } from '../still-allowed.ts'
import { customerIdIn, loadingConnection } from '../usable.ts'

const throttleMs = 200
/** How long a stream whose right is gone may stay open in silence. */
const pulseMs = 3_000
/** Browsers open an ended stream again by themselves. */
const longestMs = 5 * 60_000

/**
 * A load as server-sent events (HTML Living Standard, 9.2): `progress` with counts while it runs, then one `complete`.
 * For a hierarchy that is not loading, `complete` comes at once. The right is asked again before each event.
 */
export function createHierarchyEvents(context: Context, stopping: AbortSignal): RequestHandler {
  return async (req, res) => {
    const connection = await loadingConnection(context, req.params.id, res)
    const loginCustomerId = customerIdIn(req, 'loginCustomerId')
    const first = await context.accounts.hierarchy(connection, loginCustomerId)
    await stillAllowed(res)
    res.writeHead(200, { 'Content-Type': 'text/event-stream', 'X-Accel-Buffering': 'no' })

    let latest: Hierarchy | null = null
    let waiting: NodeJS.Timeout | undefined
    let unwatch = () => {}
    // `res.writableEnded` comes later: the session is kept before the answer ends.
    let ended = false
    const clear = () => {
      stopping.removeEventListener('abort', end)
      clearTimeout(waiting)
      clearTimeout(longest)
      clearInterval(pulse)
      unwatch()
    }
    const end = () => {
      ended = true
      clear()
      res.end()
    }
    /** One after the other, since each asks before it writes. */
    let told = Promise.resolve()
    const tell = (write: () => void) => {
      told = told
        .then(async () => {
          if (ended) return
          await stillAllowed(res)
          if (!ended) write()
        })
        .catch(error => {
          context.log[isAppError(error) ? 'info' : 'error'](
            { err: error, requestId: res.locals.requestId },
            'stream ended',
          )
          if (!ended) end()
        })
    }
    const send = (hierarchy: Hierarchy) => {
      if (ended) return
      if (!hierarchy.loading) {
        return tell(() => {
          event(res, 'complete', hierarchy)
          end()
        })
      }
      latest = hierarchy
      waiting ??= setTimeout(tellLatest, throttleMs)
    }
    const tellLatest = () => {
      waiting = undefined
      tell(() => latest && event(res, 'progress', latest))
    }
    const pulse = setInterval(() => tell(() => res.write(':\n\n')), pulseMs)
    const longest = setTimeout(end, longestMs)
    if (stopping.aborted) return end()
    stopping.addEventListener('abort', end, { once: true })
    res.on('close', () => {
      ended = true
      clear()
    })
    if (first.loading) event(res, 'progress', first)
    send(first)
    unwatch = context.accounts.watch(connection, loginCustomerId, send)
    if (ended) unwatch()
  }
}

function event(res: Response, name: 'progress' | 'complete', { progress, complete, loading }: Hierarchy): void {
  res.write(`event: ${name}\ndata: ${JSON.stringify({ ...progress, complete: complete && !loading })}\n\n`)
}
