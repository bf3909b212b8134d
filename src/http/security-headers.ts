/**
 * What a browser may do with an answer. Those of the API need nothing at all; pages load their own scripts and
 * styles. No inline script or style is allowed anywhere.
 */
const CONTENT_SECURITY = {
  nothing: "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  ownFiles:
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
}

const PAGES = /^\/($|web\/|docs|problems\/)/

/** OWASP's headers for an API that is also looked at in browsers. HSTS counts over TLS only (RFC 6797 §7.2). */
export const securityHeaders = (publicUrl: string): ((path: string) => Record<string, string>) => {
  const withPolicy = (policy: string) => ({
    'content-security-policy': policy,
    'cross-origin-opener-policy': 'same-origin',
    'cross-origin-resource-policy': 'same-origin',
    'referrer-policy': 'no-referrer',
    'x-content-type-options': 'nosniff',
    'x-frame-options': 'DENY',
    ...(publicUrl.startsWith('https:') && { 'strict-transport-security': 'max-age=31536000' }),
  })
  const ofPages = withPolicy(CONTENT_SECURITY.ownFiles)
  const ofAll = withPolicy(CONTENT_SECURITY.nothing)
  return path => (PAGES.test(path) ? ofPages : ofAll)
}
