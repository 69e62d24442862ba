import type { Response } from 'express'
import type { Found, NamesFound } from '../accounts/find.ts'
import type { Connection } from '../connections/connection.ts'
import type { Context } from '../context.ts'
import { AppError } from '../errors.ts'
import type { FindQuery } from './present/find-query.ts'
import { usableConnections } from './usable.ts'

export interface FindRequest {
  /** All connections the member may use, as they are after the search. */
  connections: Connection[]
  /** Set where a name was asked for. */
  names: NamesFound | null
  /** Set where an account was asked for, or a name led to exactly one. */
  found: Found | null
}

/** Looks through the connections a member may use. Throws AppError `not_found` for a connection they may not. */
export async function answerFind(
  context: Context,
  res: Response,
  query: FindQuery,
  waitMs: number,
): Promise<FindRequest> {
  const { finder } = context
  const { all, asked } = await connectionsAsked(context, res, query)
  if (query.text === '') return { connections: all, names: null, found: null }
  const names = query.customerId ? null : await finder.named(asked, query.text, { waitMs })
  const customerId = query.customerId ?? (names?.total === 1 ? names.matches[0]?.account.customerId : null)
  if (!customerId) return { connections: all, names, found: null }
  const found = await finder.find(asked, customerId, { waitMs })
  // Asking may have shown that a credential is dead, and why.
  return { connections: (await connectionsAsked(context, res, query)).all, names, found }
}

/** All a member may use, and those the question is about. */
export async function connectionsAsked(
  context: Context,
  res: Response,
  { connectionId }: FindQuery,
): Promise<{ all: Connection[]; asked: Connection[] }> {
  const all = await usableConnections(context, res)
  const asked = connectionId ? all.filter(({ id }) => id === connectionId) : all
  if (connectionId && asked.length === 0) throw new AppError('not_found')
  return { all, asked }
}
