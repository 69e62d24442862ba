import type { RequestHandler } from 'express'
import { z } from 'zod'
import { readConfiguration } from '../../configurations/explain/read-configuration.ts'
import { formats } from '../../configurations/formats.ts'
import { AppError } from '../../errors.ts'
import { en } from '../../messages/en.ts'
import { presentConfigurationCheck } from '../present/configuration-check.ts'

const form = z.object({ text: z.string(), format: z.enum(['', ...formats]).default('') })

/** A pasted configuration, explained in the same answer. Nothing of it is kept, and only its masked form is shown. */
export function createConfigurationCheckPages() {
  const show: RequestHandler = async (_req, res) =>
    res.page('configuration-check', presentConfigurationCheck({ t: en, format: null, reading: null }))

  const check: RequestHandler = async (req, res) => {
    const parsed = form.safeParse(req.body)
    if (!parsed.success) throw new AppError('bad_request')
    const format = parsed.data.format || null
    const reading = readConfiguration(parsed.data.text, format)
    await res.page('configuration-check', presentConfigurationCheck({ t: en, format, reading }))
  }

  return { show, check }
}
