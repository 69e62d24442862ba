import express, { type Express } from 'express'
import type { Context } from './context.ts'
import { errorHandler, notFound } from './web/errors.ts'
import { health } from './web/health.ts'
import { countWrongSecrets } from './web/rate-limits.ts'
import { pages, publicFolder, useViews } from './web/render.ts'
import { requestLog } from './web/request-log.ts'
import { routes } from './web/routes.ts'
import {
  largestBody,
  largestForm,
  onlyPublicHost,
  onlySameOrigin,
  onlySmallBodies,
  securityHeaders,
} from './web/security.ts'
import { currentMember, sessions } from './web/session.ts'
import { onlyWhileAllowed } from './web/still-allowed.ts'

export interface App {
  app: Express
  /** From now on /readyz says no, and open event streams end. */
  stop(): void
}

/** The order of everything a request passes through. */
export function createApp(context: Context): App {
  const stopping = new AbortController()
  const app = express()
  app.disable('x-powered-by')
  app.set('env', 'production')
  app.set('trust proxy', context.config.trustProxy)
  app.set('query parser', 'simple')
  useViews(app)

  app.use(requestLog(context.log))
  app.use(pages(context))
  app.use(securityHeaders(context.config))
  app.use(health(context, stopping.signal))
  app.use(onlyPublicHost(context.config))
  app.use('/assets', express.static(publicFolder, { index: false, cacheControl: false, setHeaders: revalidate }))
  app.use(onlySameOrigin(context.config))
  app.use(onlySmallBodies)
  // Nothing is inflated: a compressed body is refused.
  app.use(express.urlencoded({ extended: false, inflate: false, limit: largestForm }))
  app.use('/security-events', express.text({ type: () => true, inflate: false, limit: largestBody }))
  app.use('/api/', express.json({ inflate: false, limit: largestBody }))
  app.use(sessions(context))
  app.use(currentMember(context))
  app.use(onlyWhileAllowed(context))
  app.use(routes(context, stopping.signal))
  app.use(notFound)
  app.use(countWrongSecrets(context))
  app.use(errorHandler(context))
  return { app, stop: () => stopping.abort() }
}

function revalidate(res: { setHeader(name: string, value: string): unknown }): void {
  res.setHeader('Cache-Control', 'public, max-age=0, must-revalidate')
}
