import type { Request, RequestHandler } from 'express'
import type { Actor } from '../../audit/actor.ts'
import type { Connection } from '../../connections/connection.ts'
import { previewReplacement } from '../../connections/replacement.ts'
import type { Context } from '../../context.ts'
import { AppError } from '../../errors.ts'
import { maySignIn, type RosterEntry } from '../../members/roster.ts'
import { en } from '../../messages/en.ts'
import { actorOf, memberIn } from '../actor.ts'
import { type Fate, fateField, type Plan, presentLeave } from '../present/leave.ts'
import type { PossibleOwner } from '../present/lifecycle.ts'
import { routes } from '../present/routes.ts'
import { mayBeTold, tell } from '../tell-outcome.ts'

const words = en.lifecycle.leaving

/** For administrators: what becomes of the connections of a member who leaves, looked at before it is done. */
export function createLeavePages(context: Context) {
  const { accounts, connections, lifecycle, now, roster } = context

  const show: RequestHandler = async (req, res) => {
    const member = memberIn(res)
    const given = await situation(req)
    const fates = fatesIn(req.query, given)
    await res.page(
      'leave',
      presentLeave({
        ...given,
        t: en,
        now: now(),
        member,
        plans: fates && (await Promise.all(fates.map(withPreview))),
        choosing: req.query.choose === '1',
        suspend: fates !== null && req.query.suspend === '1' && maySuspend(given.leaver, member),
      }),
    )
  }

  const carryOut: RequestHandler = async (req, res) => {
    const member = memberIn(res)
    const given = await situation(req)
    const { leaver } = given
    const form = typeof req.body === 'object' && req.body !== null ? (req.body as Record<string, unknown>) : {}
    const chosen = (fatesIn(form, given) ?? []).filter(({ fate }) => fate.kind !== 'keep')
    const suspends = form.suspend === '1' && maySuspend(leaver, member)
    const actor = actorOf(res)
    const failures: string[] = []
    const attempt = async (name: string, work: () => Promise<void>) => {
      try {
        await work()
      } catch (error) {
        if (!mayBeTold(error)) throw error
        failures.push(words.failed(name, en.errors[error.code].title))
      }
    }
    // The person is shut out first: what they could still do is over before their connections are taken care of.
    if (suspends) await attempt(leaver.email, () => roster.change(leaver.id, 'suspend', actor))
    await Promise.all(chosen.map(each => attempt(each.connection.email, () => happen(each, actor))))
    const done = chosen.length + Number(suspends) - failures.length
    const pending = await stillPending(chosen)
    const said = [
      chosen.length === 0 && !suspends ? words.nothing : words.done(done),
      ...failures,
      ...(pending.length > 0 ? [words.pending(pending.join(', '))] : []),
    ]
    await tell(req, failures.length > 0 ? 'problem' : done === 0 ? 'info' : 'success', said.join(' '))
    res.redirect(303, routes.memberLeave(leaver.id))
  }

  return { show, carryOut }

  async function situation(req: Request) {
    const members = await roster.list()
    const leaver = members.find(({ id }) => id === req.params.memberId)
    if (!leaver) throw new AppError('not_found')
    const all = await connections.listAll()
    return {
      leaver,
      connections: all.filter(({ owner, status }) => owner.id === leaver.id && status !== 'revoked'),
      owners: members.filter(each => each.id !== leaver.id && maySignIn(each)),
      replacements: all.filter(({ owner, status }) => owner.id !== leaver.id && status === 'active'),
    }
  }

  async function withPreview({ connection, fate }: Omit<Plan, 'preview'>): Promise<Plan> {
    const preview = fate.kind === 'replace' ? await previewReplacement(accounts, connection, fate.by) : null
    return { connection, fate, preview }
  }

  async function happen({ connection, fate }: Omit<Plan, 'preview'>, actor: Actor): Promise<void> {
    if (fate.kind === 'revoke') await lifecycle.revoke(connection, actor)
    if (fate.kind === 'transfer') await lifecycle.transfer(connection, fate.to.id, actor)
    if (fate.kind === 'replace') await lifecycle.replace(connection, fate.by, actor)
  }

  async function stillPending(chosen: { connection: Connection }[]): Promise<string[]> {
    const now = await Promise.all(chosen.map(({ connection }) => connections.find(connection.id)))
    return now.flatMap(each => (each?.status === 'revoked' && each.revokedAt === null ? [each.email] : []))
  }
}

function maySuspend(leaver: RosterEntry, member: { id: string }): boolean {
  return leaver.status === 'active' && leaver.id !== member.id
}

/** The choices of a form; null when it holds none. Throws AppError `bad_request` for what the page does not offer. */
function fatesIn(
  form: Record<string, unknown>,
  {
    connections,
    owners,
    replacements,
  }: { connections: Connection[]; owners: PossibleOwner[]; replacements: Connection[] },
): Omit<Plan, 'preview'>[] | null {
  const all = form.all === 'revoke'
  if (!all && form.suspend !== '1' && !connections.some(({ id }) => form[fateField(id)] !== undefined)) return null
  return connections.map(connection => ({
    connection,
    fate: all ? { kind: 'revoke' } : fateIn(form[fateField(connection.id)] ?? 'keep'),
  }))

  function fateIn(value: unknown): Fate {
    if (value === 'keep' || value === 'revoke') return { kind: value }
    const [kind, id] = typeof value === 'string' ? value.split(':') : []
    const to = kind === 'transfer' ? owners.find(each => each.id === id) : undefined
    if (to) return { kind: 'transfer', to }
    const by = kind === 'replace' ? replacements.find(each => each.id === id) : undefined
    if (by) return { kind: 'replace', by }
    throw new AppError('bad_request')
  }
}
