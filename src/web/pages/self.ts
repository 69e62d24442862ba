import type { Request, RequestHandler, Response } from 'express'
import { z } from 'zod'
import type { Context } from '../../context.ts'
import { AppError } from '../../errors.ts'
import { apiKeyScopes, newApiKeyId } from '../../members/api-keys.ts'
import { en } from '../../messages/en.ts'
import { actorOf, memberActorOf, memberIn } from '../actor.ts'
import { routes } from '../present/routes.ts'
import { type Fresh, presentSelf } from '../present/self.ts'
import { mustHavePasskey, signedInRecently } from '../session.ts'
import { sessionKey } from '../session-store.ts'
import { tell } from '../tell-outcome.ts'

const codeSeconds = 15 * 60

const keyForm = z.object({
  id: z.string(),
  name: z.string(),
  /** One ticked box comes as text, several as a list, none not at all. */
  scopes: z
    .union([z.string(), z.array(z.string())])
    .default([])
    .transform(value => [value].flat())
    .pipe(z.array(z.enum(apiKeyScopes))),
  days: z.coerce.number().int(),
})

/** What a member sees and decides about themselves: sessions, API keys, one-time codes. */
export function createSelfPages({ apiKeys, config, links, memberSessions, now, passkeys, recoveryCodes }: Context) {
  const show: RequestHandler = (req, res) => page(req, res, null)

  const endSession: RequestHandler = async (req, res) => {
    const { sessionId } = req.params
    await memberSessions.end(typeof sessionId === 'string' ? sessionId : '', memberIn(res), actorOf(res))
    await backWith(req, res, en.self.sessions.ended)
  }

  const endOtherSessions: RequestHandler = async (req, res) => {
    const count = await memberSessions.endAll(memberIn(res), actorOf(res), sessionKey(req.sessionID))
    await backWith(req, res, en.self.sessions.othersEnded(count))
  }

  const createApiKey: RequestHandler = async (req, res) => {
    const wish = keyForm.safeParse(req.body)
    if (!wish.success) throw new AppError('bad_request')
    if (wish.data.scopes.length === 0) return backWith(req, res, en.self.keys.noScope, 'problem')
    const { key, secret } = await apiKeys.create(memberIn(res), wish.data, actorOf(res))
    await page(req, res, { kind: 'key', key, secret })
  }

  const revokeApiKey: RequestHandler = async (req, res) => {
    const { keyId } = req.params
    await apiKeys.revoke(typeof keyId === 'string' ? keyId : '', memberIn(res), actorOf(res))
    await backWith(req, res, en.self.keys.revokedFlash)
  }

  const createImportCode: RequestHandler = async (req, res) => {
    const wish = { purpose: 'import', connectionId: null, email: null, seconds: codeSeconds } as const
    const { secret } = await links.create(wish, memberActorOf(res))
    await page(req, res, { kind: 'code', code: secret, publicUrl: config.publicUrl })
  }

  return { show, endSession, endOtherSessions, createApiKey, revokeApiKey, createImportCode }

  async function page(req: Request, res: Response, fresh: Fresh | null): Promise<void> {
    const member = memberIn(res)
    const [sessions, keys, ownPasskeys, codesLeft] = await Promise.all([
      memberSessions.listOf(member.id),
      apiKeys.listOf(member.id),
      passkeys.listOf(member.id),
      recoveryCodes.left(member.id),
    ])
    await res.page(
      'self',
      presentSelf({
        t: en,
        now: now(),
        member,
        sessions,
        currentSessionId: sessionKey(req.sessionID),
        keys,
        passkeys: ownPasskeys,
        codesLeft,
        passkeyRequired: mustHavePasskey(config, member),
        signedInRecently: signedInRecently(req, now()),
        newKeyId: newApiKeyId(),
        fresh,
      }),
    )
  }

  async function backWith(req: Request, res: Response, text: string, kind: 'success' | 'problem' = 'success') {
    await tell(req, kind, text)
    res.redirect(303, routes.self())
  }
}
