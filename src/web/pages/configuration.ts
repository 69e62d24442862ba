import type { RequestHandler } from 'express'
import { formats, isFormat } from '../../configurations/formats.ts'
import type { Context } from '../../context.ts'
import { AppError } from '../../errors.ts'
import { en } from '../../messages/en.ts'
import { readConfigurationRequest } from '../configuration-request.ts'
import { presentConfiguration } from '../present/configuration.ts'

/** One connection's configuration for each client library, to copy or to save. */
export function createConfigurationPage(context: Context): RequestHandler {
  return async (req, res) => {
    const request = await readConfigurationRequest(context, req, res)
    const format = req.query.format ?? formats[0]
    if (!isFormat(format)) throw new AppError('not_found')
    await res.page('configuration', presentConfiguration({ t: en, ...request, format }))
  }
}
