import type { Request, RequestHandler } from 'express'
import helmet from 'helmet'
import { type Config, isLoopback } from '../config.ts'
import { AppError } from '../errors.ts'

/**
 * Headers of every answer. Referrer-Policy is same-origin, not helmet's no-referrer: under the latter Chromium sends
 * `Origin: null` with our own forms, and the origin check would refuse honest people (security.md finding 4).
 */
export function securityHeaders({ publicUrl, googleEmulatorHost }: Config): RequestHandler[] {
  const pictures = googleEmulatorHost === null ? [] : [`http://${googleEmulatorHost}`]
  return [
    helmet({
      contentSecurityPolicy: {
        useDefaults: false,
        directives: {
          defaultSrc: ["'none'"],
          styleSrc: ["'self'"],
          scriptSrc: ["'self'"],
          imgSrc: ["'self'", 'data:', 'https://*.googleusercontent.com', ...pictures],
          connectSrc: ["'self'"],
          formAction: ["'self'"],
          baseUri: ["'none'"],
          frameAncestors: ["'none'"],
        },
      },
      referrerPolicy: { policy: 'same-origin' },
      strictTransportSecurity: publicUrl.startsWith('https:')
        ? { maxAge: 31_536_000, includeSubDomains: false }
        : false,
      xFrameOptions: { action: 'deny' },
    }),
    (_req, res, next) => {
      res.set('Cache-Control', 'no-store')
      res.set('Permissions-Policy', 'camera=(), geolocation=(), microphone=(), payment=(), usb=()')
      next()
    },
  ]
}

/**
 * The Host header decides nothing: readers of another name are sent to the configured one, writers are refused. On this
 * very machine its other names (127.0.0.1 for localhost) serve programs as well; people are sent on, their cookies are there.
 */
export function onlyPublicHost({ publicUrl }: Config): RequestHandler {
  const { host, port, hostname } = new URL(publicUrl)
  const aliases = isLoopback(hostname) ? ['localhost', '127.0.0.1', '[::1]'].map(name => `${name}:${port}`) : []
  return (req, res, next) => {
    const asked = req.headers.host?.toLowerCase() ?? ''
    const isPage = req.method === 'GET' && !req.path.startsWith('/api/')
    if (asked === host || (!isPage && aliases.includes(asked))) return next()
    if (!isPage || !URL.canParse(req.originalUrl, publicUrl)) return next(new AppError('misdirected'))
    const { pathname, search } = new URL(req.originalUrl, publicUrl)
    res.redirect(308, publicUrl + pathname + search)
  }
}

/**
 * For a GET that a link on another site must not cause: one that writes an audit entry in somebody's name, or shows secrets.
 * Throws AppError `cross_origin`.
 */
export function refuseOtherSites(req: Request): void {
  if (causedElsewhere(req)) throw new AppError('cross_origin', { params: { reading: 'yes' } })
}

/**
 * Refuses state changes that another site caused. Browsers say where a request comes from in `Sec-Fetch-Site`, older
 * ones in `Origin`; a caller that sends neither is not a browser, and has no browser's cookies to abuse. Another site
 * may link here, but not load our pages into its own.
 */
export function onlySameOrigin({ publicUrl }: Config): RequestHandler {
  return (req, _res, next) => {
    if (req.method === 'GET' || req.method === 'HEAD' || req.method === 'OPTIONS') {
      return next(causedElsewhere(req) && !opensPage(req) ? new AppError('cross_origin') : undefined)
    }
    const site = req.headers['sec-fetch-site']
    const { origin } = req.headers
    const allowed = site === undefined ? origin === undefined || origin === publicUrl : site === 'same-origin'
    next(allowed ? undefined : new AppError('cross_origin'))
  }
}

function causedElsewhere({ headers }: Request): boolean {
  const site = headers['sec-fetch-site'] ?? 'none'
  return site !== 'same-origin' && site !== 'none'
}

/** Whether a person follows a link, rather than a page loading images, frames or data. */
function opensPage({ headers }: Request): boolean {
  return (headers['sec-fetch-dest'] ?? 'document') === 'document'
}
