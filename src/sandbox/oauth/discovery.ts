/** The OpenID configuration as published; addresses are Google's, or the sandbox's own when `origin` is given. */
export function openidConfiguration(origin?: string): object {
  const at = (address: string) => (origin === undefined ? `https://${address}` : `${origin}/${address}`)
  return {
    issuer: 'https://accounts.google.com',
    authorization_endpoint: at('accounts.google.com/o/oauth2/v2/auth'),
    device_authorization_endpoint: at('oauth2.googleapis.com/device/code'),
    token_endpoint: at('oauth2.googleapis.com/token'),
    userinfo_endpoint: at('openidconnect.googleapis.com/v1/userinfo'),
    revocation_endpoint: at('oauth2.googleapis.com/revoke'),
    jwks_uri: at('www.googleapis.com/oauth2/v3/certs'),
    response_types_supported: [
      'code',
      'token',
      'id_token',
      'code token',
      'code id_token',
      'token id_token',
      'code token id_token',
      'none',
    ],
    subject_types_supported: ['public'],
    id_token_signing_alg_values_supported: ['RS256'],
    scopes_supported: ['openid', 'email', 'profile'],
    token_endpoint_auth_methods_supported: ['client_secret_post', 'client_secret_basic'],
    claims_supported: [
      'aud',
      'email',
      'email_verified',
      'exp',
      'family_name',
      'given_name',
      'iat',
      'iss',
      'name',
      'picture',
      'sub',
    ],
    code_challenge_methods_supported: ['plain', 'S256'],
    grant_types_supported: [
      'authorization_code',
      'refresh_token',
      'urn:ietf:params:oauth:grant-type:device_code',
      'urn:ietf:params:oauth:grant-type:jwt-bearer',
    ],
  }
}

/** The Cross-Account Protection document. Its issuer ends with a slash, unlike the one above. */
export function riscConfiguration(): object {
  return {
    issuer: 'https://accounts.google.com/',
    jwks_uri: 'https://www.googleapis.com/oauth2/v3/certs',
    delivery_methods_supported: [
      'https://schemas.openid.net/secevent/risc/delivery-method/push',
      'https://schemas.openid.net/secevent/risc/delivery-method/poll',
    ],
    add_subject_endpoint: 'https://risc.googleapis.com/v1beta/stream/subjects:add',
    configuration_endpoint: 'https://risc.googleapis.com/v1beta/stream',
    hosted_suffixes: [],
  }
}
