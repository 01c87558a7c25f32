/** JSON and plain text load nothing and are framed by nobody. A page that needs more says so itself. */
const strictPolicy = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

/** Headers of every answer, also of those that no route gives. */
export const safeHeaders = { 'x-content-type-options': 'nosniff', 'content-security-policy': strictPolicy } as const

/** The policy of a page whose scripts and styles are files of its own server: nothing in the page itself is run. */
export const pagePolicy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "connect-src 'self'",
  "img-src 'self' data:",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ')
