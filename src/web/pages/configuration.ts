import type { RequestHandler } from 'express'
import { formats, isFormat } from '../../configurations/formats.ts'
import { mayManage } from '../../connections/rights.ts'
import type { Context } from '../../context.ts'
import { AppError } from '../../errors.ts'
import { en } from '../../messages/en.ts'
import { readConfigurationRequest, revealedConfiguration } from '../configuration-request.ts'
import { presentConfiguration, presentReveal } from '../present/configuration.ts'

/** One connection's configuration for each client library, to copy or to save; an access token comes first. */
export function createConfigurationPages(context: Context) {
  const { config } = context

  const show: RequestHandler = async (req, res) => {
    const request = await readConfigurationRequest(context, req, res)
    const tab = req.query.format ?? 'access-token'
    if (tab !== 'access-token' && !isFormat(tab)) throw new AppError('not_found')
    const { member } = res.locals
    const mayReveal = member !== null && mayManage(request.connection, member)
    const { publicUrl } = config
    await res.page('configuration', presentConfiguration({ t: en, ...request, tab, publicUrl, mayReveal }))
  }

  /** What is about to be seen, before it is. */
  const confirmReveal: RequestHandler = async (req, res) => {
    const request = await readConfigurationRequest(context, req, res, { revealing: true })
    const { format = formats[0] } = req.query
    if (!isFormat(format) || request.connection.kind !== 'user') throw new AppError('not_found')
    await res.page('configuration-reveal', presentReveal({ t: en, ...request, format, revealed: null }))
  }

  /** The file with its secrets, in this one answer. */
  const reveal: RequestHandler = async (req, res) => {
    const request = await readConfigurationRequest(context, req, res, { revealing: true })
    const { format } = (req.body ?? {}) as { format?: unknown }
    if (!isFormat(format)) throw new AppError('bad_request')
    const revealed = await revealedConfiguration(context, req, res, request, format)
    await res.page('configuration-reveal', presentReveal({ t: en, ...request, format, revealed }))
  }

  return { show, confirmReveal, reveal }
}
