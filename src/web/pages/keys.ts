import { setTimeout as delay } from 'node:timers/promises'
import type { RequestHandler } from 'express'
import { z } from 'zod'
import { keyTrail } from '../../audit/key-trail.ts'
import type { Context } from '../../context.ts'
import { AppError } from '../../errors.ts'
import { en } from '../../messages/en.ts'
import { actorOf } from '../actor.ts'
import { presentKeys, presentVerification } from '../present/keys.ts'
import { routes } from '../present/routes.ts'
import { tell } from '../tell-outcome.ts'

const retireForm = z.object({ kid: z.string() })

/** Most installations are sealed anew within this time; a larger one shows how far it is. */
const soonMs = 2_000

/** The keys that seal, for admins: what each is needed for, never the key itself. */
export function createKeyPages({ rotation, audit, log, now }: Context) {
  let failed = false

  const show: RequestHandler = async (_req, res) => {
    const keys = await rotation.list()
    await res.page('keys', presentKeys({ t: en, now: now(), keys, progress: rotation.progress(), failed }))
  }

  const verify: RequestHandler = async (_req, res) => {
    const verification = await rotation.verify()
    await res.page('key-verification', presentVerification({ t: en, verification }))
  }

  const rotate: RequestHandler = async (req, res) => {
    const running = rotation.rotate(keyTrail(audit, actorOf(res)))
    running.then(
      () => {
        failed = false
      },
      error => {
        failed = true
        log.error({ err: error }, 'sealing anew stopped before its end')
      },
    )
    const report = await Promise.race([running, delay(soonMs, null, { ref: false })])
    if (report) {
      const left = report.left.reduce((total, { count }) => total + count, 0)
      const said = en.keys.rotation.done(report.resealed, report.to)
      if (left === 0) await tell(req, 'success', said)
      else await tell(req, 'problem', `${said} ${en.keys.rotation.left(left)}`)
    }
    res.redirect(303, routes.keys())
  }

  const retire: RequestHandler = async (req, res) => {
    const form = retireForm.safeParse(req.body)
    if (!form.success) throw new AppError('bad_request')
    const { kid } = form.data
    const retired = await rotation.retire(kid, keyTrail(audit, actorOf(res)))
    if (retired) await tell(req, 'success', en.keys.retired(kid))
    else await tell(req, 'info', en.keys.retiredBefore(kid))
    res.redirect(303, routes.keys())
  }

  return { show, verify, rotate, retire }
}
