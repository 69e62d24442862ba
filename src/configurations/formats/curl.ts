import {
  type ConfigurationFile,
  entries,
  fileOf,
  hashComment,
  lines,
  placeholders,
  secretText,
} from '../configuration.ts'
import { shellVariable } from '../shell.ts'

/** Two requests: the refresh token for an access token, then a query with it. Only curl and sed are needed. */
export const curlScript: ConfigurationFile = {
  name: 'google-ads.sh',
  render: (configuration, notes) =>
    fileOf(
      '#!/bin/sh',
      hashComment(notes.where),
      hashComment(notes.developerToken),
      lines(
        entries(
          ['CLIENT_ID', configuration.clientId],
          ['CLIENT_SECRET', secretText(configuration.clientSecret)],
          ['REFRESH_TOKEN', secretText(configuration.refreshToken)],
          ['DEVELOPER_TOKEN', configuration.developerToken],
          ['LOGIN_CUSTOMER_ID', configuration.loginCustomerId],
          ['CUSTOMER_ID', configuration.customerId ?? placeholders.customerId.placeholder],
        ),
        notes,
        hashComment,
        shellVariable,
      ),
      '',
      "ACCESS_TOKEN=$(curl -sS 'https://oauth2.googleapis.com/token' \\",
      "  --data-urlencode 'grant_type=refresh_token' \\",
      '  --data-urlencode "client_id=$CLIENT_ID" \\',
      '  --data-urlencode "client_secret=$CLIENT_SECRET" \\',
      '  --data-urlencode "refresh_token=$REFRESH_TOKEN" |',
      `  sed -n 's/.*"access_token": *"\\([^"]*\\)".*/\\1/p')`,
      '',
      `curl -sS "https://googleads.googleapis.com/${configuration.apiVersion}/customers/$CUSTOMER_ID/googleAds:searchStream" \\`,
      "  -H 'Content-Type: application/json' \\",
      '  -H "Authorization: Bearer $ACCESS_TOKEN" \\',
      configuration.developerToken === null ? [] : '  -H "developer-token: $DEVELOPER_TOKEN" \\',
      configuration.loginCustomerId === null ? [] : '  -H "login-customer-id: $LOGIN_CUSTOMER_ID" \\',
      `  --data '{"query": "SELECT customer.id, customer.descriptive_name FROM customer"}'`,
    ),
}
