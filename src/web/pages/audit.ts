import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type { Request, RequestHandler, Response } from 'express'
import { z } from 'zod'
import { auditActions } from '../../audit/actions.ts'
import { askAdmin } from '../../audit/actor.ts'
import { type AuditFilter, auditOutcomes, auditTargetKinds } from '../../audit/audit.ts'
import { exportedText, exportFormats } from '../../audit/export.ts'
import type { Connection } from '../../connections/connection.ts'
import { mayManage } from '../../connections/rights.ts'
import type { Context } from '../../context.ts'
import { inTransaction } from '../../db/transaction.ts'
import { AppError } from '../../errors.ts'
import type { Member } from '../../members/member.ts'
import { en } from '../../messages/en.ts'
import { actorOf, memberActorOf } from '../actor.ts'
import { AUDIT_ROWS, presentAudit, presentHistory } from '../present/audit.ts'
import { type AuditAddress, routes } from '../present/routes.ts'
import { stillAllowed } from '../still-allowed.ts'
import { tell } from '../tell-outcome.ts'

/** A form sends what was left empty as an empty text. */
const optional = <T extends z.ZodType>(schema: T) =>
  z
    .literal('')
    .transform(() => undefined)
    .or(schema)
    .optional()
const text = optional(z.string().trim().max(320))
const day = optional(z.iso.date())

const filterQuery = z.object({
  action: optional(z.enum(auditActions)),
  outcome: optional(z.enum(auditOutcomes)),
  person: text,
  target_kind: optional(z.enum(auditTargetKinds)),
  target: text,
  from: day,
  to: day,
})
const pageQuery = filterQuery.extend({
  before: z
    .string()
    .regex(/^\d{1,15}$/)
    .optional(),
})
const exportQuery = filterQuery.extend({ format: z.enum(exportFormats) })

/** The audit trail, for admins. That it was read or exported is written in it, before the first entry is handed out. */
export function createAuditPages(context: Context) {
  const { audit, connections, db, now, roster } = context

  const show: RequestHandler = async (req, res) => {
    const { before, ...query } = read(pageQuery, req)
    await audit.recordReading(memberActorOf(res), question(query))
    const entries = await audit.list(filterOf(query), AUDIT_ROWS + 1, before === undefined ? undefined : Number(before))
    const connectionIds = new Set((await connections.listAll()).map(connection => connection.id))
    const members = await roster.list()
    const shown = { t: en, now: now(), entries, query: { ...query, before }, connectionIds, members }
    await res.page('audit', presentAudit(shown))
  }

  const download: RequestHandler = async (req, res) => {
    const { format, ...query } = read(exportQuery, req)
    const actor = actorOf(res)
    await inTransaction(db, async tx => {
      await askAdmin(tx, actor)
      await audit.record(tx, actor, {
        action: 'audit.exported',
        target: null,
        changes: { format, ...question(query) },
      })
    })
    const checkpoint = audit.checkpoint()
    res.set('Audit-Checkpoint', checkpoint)
    res.attachment(`audit-${now().toISOString().slice(0, 10)}.${format}`)
    res.type(format === 'csv' ? 'text/csv' : 'application/jsonl')
    try {
      await pipeline(
        Readable.from(exportedText(whileAllowed(res, audit.all(filterOf(query))), format, checkpoint)),
        res,
      )
    } catch (error) {
      // Whoever asked went away; there is nobody left to tell.
      if ((error as { code?: unknown } | null)?.code !== 'ERR_STREAM_PREMATURE_CLOSE') throw error
    }
  }

  const verify: RequestHandler = async (req, res) => {
    const verdict = await audit.verify()
    await tell(req, verdict.intact ? 'success' : 'problem', en.audit.verdict(verdict))
    res.redirect(303, routes.audit())
  }

  return { show, download, verify }
}

/** Ends where whoever asked is let in no longer. */
async function* whileAllowed<T>(res: Response, entries: AsyncGenerator<T>): AsyncGenerator<T> {
  let count = 0
  for await (const entry of entries) {
    if (count++ % 1_000 === 0) await stillAllowed(res)
    yield entry
  }
}

const historyEntries = 10

/** The last of what was done to a connection, for those who decide about it; null for others. */
export async function historyOf({ audit, now, roster }: Context, connection: Connection, member: Member) {
  if (!mayManage(connection, member)) return null
  // Without refused attempts: otherwise a member who keeps trying could push out what was really done.
  const about = { targetKind: 'connection', targetId: connection.id, outcome: 'done' } as const
  const [entries, members] = await Promise.all([audit.list(about, historyEntries), roster.list()])
  const admin = member.role === 'admin'
  return presentHistory({ t: en, now: now(), entries, connectionId: connection.id, admin, members })
}

function read<T extends z.ZodType>(schema: T, req: Request): z.infer<T> {
  const parsed = schema.safeParse(req.query)
  if (!parsed.success) throw new AppError('bad_request')
  return parsed.data
}

/** The filter as the trail keeps it: the question that was asked, not what came back. */
function question(query: AuditAddress): Record<string, string> {
  return Object.fromEntries(Object.entries(query).filter((entry): entry is [string, string] => entry[1] !== undefined))
}

function filterOf({
  action,
  outcome,
  person,
  target_kind,
  target,
  from,
  to,
}: z.infer<typeof filterQuery>): AuditFilter {
  const dayMs = 24 * 3_600_000
  return {
    action,
    outcome,
    person,
    targetKind: target_kind,
    target,
    from: from && `${from}T00:00:00.000Z`,
    to: to && new Date(Date.parse(to) + dayMs).toISOString(),
  }
}
