import type { RequestHandler, Response } from 'express'
import { z } from 'zod'
import { type BackedLink, backedLink, type LinkWish } from '../../connections/links.ts'
import type { Context } from '../../context.ts'
import { AppError } from '../../errors.ts'
import { en } from '../../messages/en.ts'
import { actorOf, memberActorOf, memberIn } from '../actor.ts'
import { linkHours, presentLink, presentLinkMade, presentLinks } from '../present/links.ts'
import { routes } from '../present/routes.ts'
import { tell } from '../tell-outcome.ts'
import { manageableConnection } from '../usable.ts'

const form = z.object({
  connection_id: z.string().max(100).optional(),
  email: z.literal('').or(z.email().max(320)).optional(),
  hours: z.coerce.number().pipe(z.literal(linkHours)),
})

/** The live link behind the secret in an address, with who stands behind it. Throws AppError `link_unusable`. */
export async function readLink({ links, members, connections }: Context, secret: string): Promise<BackedLink> {
  return backedLink(await links.read(secret, 'connect', 'reconnect'), members, connections)
}

/** One-time links: their makers' list, and what the person sees who gets one. */
export function createLinkPages(context: Context) {
  const { config, links, now } = context

  const list: RequestHandler = async (req, res) => {
    const { connection } = req.query
    const reconnects = connection === undefined ? null : await reconnectable(connection, res)
    const own = await links.listBy(memberIn(res).id)
    await res.page('links', presentLinks({ t: en, now: now(), links: own, reconnects }))
  }

  const create: RequestHandler = async (req, res) => {
    const member = memberIn(res)
    const parsed = form.safeParse(req.body)
    if (!parsed.success) throw new AppError('bad_request')
    const { connection_id, email, hours } = parsed.data
    const reconnects = connection_id === undefined ? null : await reconnectable(connection_id, res)
    const wish: LinkWish = reconnects
      ? { purpose: 'reconnect', connectionId: reconnects.id, email: reconnects.email, seconds: hours * 3600 }
      : { purpose: 'connect', connectionId: null, email: email || null, seconds: hours * 3600 }
    const { link, secret } = await links.create(wish, memberActorOf(res))
    await res.page(
      'link-made',
      presentLinkMade({ t: en, now: now(), member, link, secret, publicUrl: config.publicUrl }),
    )
  }

  const withdraw: RequestHandler = async (req, res) => {
    await links.revoke(String(req.params.id), memberIn(res).id, actorOf(res))
    await tell(req, 'success', en.links.withdrawnFlash)
    res.redirect(303, routes.links())
  }

  const open: RequestHandler = async (req, res) => {
    const secret = String(req.params.secret)
    const backed = await readLink(context, secret)
    await res.page('link', presentLink({ t: en, now: now(), ...backed, secret, publicUrl: config.publicUrl }))
  }

  const done: RequestHandler = (_req, res) => res.page('link-done', { title: en.links.done.title })

  return { list, create, withdraw, open, done }

  /** A service account is no person who could consent. */
  async function reconnectable(id: unknown, res: Response) {
    const connection = await manageableConnection(context, id, res)
    if (connection.kind !== 'user') throw new AppError('not_found')
    return connection
  }
}
