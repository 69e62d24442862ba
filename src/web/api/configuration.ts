import type { RequestHandler } from 'express'
import { z } from 'zod'
import { files, isFormat } from '../../configurations/formats.ts'
import type { Context } from '../../context.ts'
import { AppError } from '../../errors.ts'
import { en } from '../../messages/en.ts'
import { readConfigurationRequest, revealedConfiguration } from '../configuration-request.ts'

const flag = z.enum(['', '0', '1', 'false', 'true']).transform(text => text === '1' || text === 'true')
const fileQuery = z.object({
  variant: z.enum(['', 'json', 'xml']).optional(),
  download: flag.optional(),
  reveal: flag.optional(),
})

/** One configuration as the file it is: text to pipe or to save. */
export function createConfigurationApi(context: Context): RequestHandler {
  return async (req, res) => {
    const query = fileQuery.safeParse(req.query)
    const { format } = req.params
    const { reveal: revealing = false } = query.data ?? {}
    const request = await readConfigurationRequest(context, req, res, { revealing })
    if (!isFormat(format)) throw new AppError('not_found')
    if (!query.success) throw new AppError('bad_request')
    const { variant, download } = query.data
    const [usual, ...others] = files[format]
    const file = variant === 'json' ? others.find(each => each.name.endsWith('.json')) : usual
    if (!file || (variant === 'xml' && format !== 'dotnet')) throw new AppError('bad_request')
    const configuration = revealing
      ? await revealedConfiguration(context, req, res, request, format)
      : request.configuration
    if (download) res.set('Content-Disposition', `attachment; filename="${file.name}"`)
    res.type('text/plain; charset=utf-8').send(file.render(configuration, en.configuration.notesFor(format, file.name)))
  }
}
