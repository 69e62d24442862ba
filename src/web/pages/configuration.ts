import type { RequestHandler } from 'express'
import { isFormat } from '../../configurations/formats.ts'
import type { Context } from '../../context.ts'
import { AppError } from '../../errors.ts'
import { en } from '../../messages/en.ts'
import { readConfigurationRequest } from '../configuration-request.ts'
import { presentConfiguration } from '../present/configuration.ts'

/** One connection's configuration for each client library, to copy or to save; an access token comes first. */
export function createConfigurationPage(context: Context): RequestHandler {
  return async (req, res) => {
    const request = await readConfigurationRequest(context, req, res)
    const tab = req.query.format ?? 'access-token'
    if (tab !== 'access-token' && !isFormat(tab)) throw new AppError('not_found')
    const { publicUrl } = context.config
    await res.page('configuration', presentConfiguration({ t: en, ...request, tab, publicUrl }))
  }
}
