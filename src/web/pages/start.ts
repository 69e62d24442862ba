import type { RequestHandler } from 'express'
import { type Config, isLoopback } from '../../config.ts'
import type { Context } from '../../context.ts'
import { en } from '../../messages/en.ts'
import { presentHome } from '../present/home.ts'
import { presentNotices } from '../present/notices.ts'
import { presentSetup } from '../present/setup.ts'

/** The pages that need nobody signed in. */
export function createStartPages({ config, notices }: Context) {
  const home: RequestHandler = async (_req, res) => {
    if (res.locals.member) return res.redirect(303, '/accounts')
    await res.page('home', presentHome({ t: en, clientId: config.oauthClient.clientId }))
  }

  const setup: RequestHandler = async (_req, res) => {
    const registered = config.oauthClient.registeredRedirectUris
    const admin = res.locals.member?.role === 'admin'
    await res.page('setup', {
      ...presentSetup({
        t: en,
        redirectUri: config.redirectUri,
        publicUrl: config.publicUrl,
        clientId: config.oauthClient.clientId,
        clientSource: config.oauthClient.source,
        redirectUriRegistered: registered === null ? null : registered.includes(config.redirectUri),
        apiVersion: config.adsApiVersion,
        developerTokenSet: config.developerToken !== null,
        engine: config.databaseUrl.startsWith('sqlite:') ? 'sqlite' : 'postgres',
        googleStandIn: config.googleEmulatorHost,
        details: admin || isDemo(config),
        signIn: admin
          ? {
              admins: config.adminEmails.size,
              domains: [...config.allowedDomains],
              emails: config.allowedEmails.size,
            }
          : null,
        problems: registered && !registered.includes(config.redirectUri) ? [en.setup.redirectMissing] : [],
      }),
      notices: admin ? presentNotices(config, await notices.trouble(), en) : null,
    })
  }

  return { home, setup }
}

/** Whether this is a demo: made-up people, on this machine only. */
function isDemo({ publicUrl, googleEmulatorHost }: Config): boolean {
  return googleEmulatorHost !== null && isLoopback(new URL(publicUrl).hostname)
}
