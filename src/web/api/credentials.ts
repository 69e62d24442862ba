import type { Request, RequestHandler, Response } from 'express'
import { z } from 'zod'
import type { Context } from '../../context.ts'
import { AppError } from '../../errors.ts'
import { actorOf } from '../actor.ts'
import { connectionJson } from '../present/connection-json.ts'
import { usableConnection } from '../usable.ts'

/** Google's access tokens live an hour; asking for more than 55 minutes could never be met for long. */
const tokenWish = z.object({ minimumSeconds: z.number().int().min(0).max(3_300).default(0) })
const importWish = z.object({
  clientId: z.string().min(1).max(500),
  clientSecret: z.string().min(1).max(500),
  refreshToken: z.string().min(1).max(2_048),
})

/** Credentials for programs: short-lived ones handed out, lasting ones handed in. */
export function createCredentialsApi(context: Context) {
  const { disclosures, imports, links, members, standing } = context

  const accessToken: RequestHandler = async (req, res) => {
    const connection = await usableConnection(context, req.params.id, res)
    const wish = tokenWish.safeParse(req.body ?? {})
    if (!wish.success) throw new AppError('bad_request')
    const { minimumSeconds } = wish.data
    const token = await disclosures.issueAccessToken(connection.id, minimumSeconds, actorOf(res))
    res.json({
      accessToken: token.value,
      expiresAt: token.expiresAt.toISOString(),
      scope: connection.scopes.join(' '),
    })
  }

  /** With an API key or a session the connection is the member's; with a one-time code, that of who made the code. */
  const add: RequestHandler = async (req, res) => {
    const { link, owner } = await bearer(req, res)
    const credential = importWish.safeParse(req.body)
    if (!credential.success) throw new AppError('bad_request')
    const actor = link
      ? {
          ...actorOf(res),
          kind: 'member' as const,
          id: owner.id,
          name: owner.email,
          via: 'link' as const,
          viaId: link.id,
          standing: standing(owner.id, { link: link.id }),
        }
      : actorOf(res)
    const connection = await imports.add(credential.data, owner, actor, link)
    res.status(201).json({ connection: connectionJson(connection) })
  }

  return { accessToken, add }

  async function bearer(req: Request, res: Response) {
    if (res.locals.member) return { owner: res.locals.member }
    const [, code] = /^Bearer\s+(\S+)$/i.exec(req.headers.authorization ?? '') ?? []
    if (code === undefined) throw new AppError('signed_out')
    const link = await links.read(code, 'import')
    const owner = await members.find(link.createdBy)
    if (!owner) throw new AppError('link_unusable')
    return { link, owner }
  }
}
