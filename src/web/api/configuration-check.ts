import express, { type Request, type RequestHandler, type Response } from 'express'
import { z } from 'zod'
import { formats } from '../../configurations/formats.ts'
import type { Context } from '../../context.ts'
import { AppError } from '../../errors.ts'
import { en } from '../../messages/en.ts'
import { memberIn } from '../actor.ts'
import { configurationCheckJson } from '../present/configuration-check.ts'

const body = z.union([
  z.string().transform(text => ({ text, format: null })),
  z.object({ text: z.string(), format: z.enum(formats).nullable().default(null) }),
])
const plainText = express.text({ type: 'text/plain', inflate: false, limit: '32kb' })

/** The same check for programs: the file as text/plain, or as JSON `{text, format}`. */
export function createConfigurationCheckApi({ readConfiguration }: Pick<Context, 'readConfiguration'>): RequestHandler {
  return async (req, res) => {
    await readPlainText(req, res)
    const parsed = body.safeParse(req.body)
    if (!parsed.success) throw new AppError('bad_request')
    const { text, format } = parsed.data
    res.json(configurationCheckJson(await readConfiguration(text, format, memberIn(res).id), en))
  }
}

function readPlainText(req: Request, res: Response): Promise<void> {
  return new Promise((resolve, reject) => plainText(req, res, error => (error ? reject(error) : resolve())))
}
