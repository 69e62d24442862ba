import type { RequestHandler } from 'express'
import { z } from 'zod'
import { formats } from '../../configurations/formats.ts'
import type { Context } from '../../context.ts'
import { AppError } from '../../errors.ts'
import { en } from '../../messages/en.ts'
import { actorOf, memberIn } from '../actor.ts'
import { presentConfigurationCheck } from '../present/configuration-check.ts'
import { routes } from '../present/routes.ts'
import { tell } from '../tell-outcome.ts'

const form = z.object({ text: z.string(), format: z.enum(['', ...formats]).default('') })

/** A pasted configuration, explained in the same answer. Nothing of it is kept, and only its masked form is shown. */
export function createConfigurationCheckPages({
  imports,
  readConfiguration,
}: Pick<Context, 'imports' | 'readConfiguration'>) {
  const show: RequestHandler = async (_req, res) =>
    res.page('configuration-check', presentConfigurationCheck({ t: en, format: null, reading: null }))

  const check: RequestHandler = async (req, res) => {
    const parsed = form.safeParse(req.body)
    if (!parsed.success) throw new AppError('bad_request')
    const format = parsed.data.format || null
    const reading = await readConfiguration(parsed.data.text, format, memberIn(res).id)
    await res.page('configuration-check', presentConfigurationCheck({ t: en, format, reading }))
  }

  /** Takes the credential in the text as a connection, after Google said that it works and whose it is. */
  const add: RequestHandler = async (req, res) => {
    const parsed = form.safeParse(req.body)
    if (!parsed.success) throw new AppError('bad_request')
    const format = parsed.data.format || null
    const reading = await readConfiguration(parsed.data.text, format, memberIn(res).id)
    const { credential } = reading
    if (credential?.kind !== 'user') {
      const notImported = credential === null ? 'incomplete' : 'keyFile'
      return res.page('configuration-check', presentConfigurationCheck({ t: en, format, reading, notImported }))
    }
    const connection = await imports.add(credential, memberIn(res), actorOf(res))
    await tell(req, 'success', en.flashes.imported(connection.email))
    res.redirect(303, routes.connection(connection.id))
  }

  return { show, check, add }
}
